using SignalBroker.Bench.Measurements;
using SignalBroker.Bench.Report;
using SignalBroker.Bench.Systems;
using Start = System.Func<
    System.Threading.CancellationToken,
    System.Threading.Tasks.Task<SignalBroker.Bench.Systems.ISystem>
>;

namespace SignalBroker.Bench;

/// <summary>The sections of the benchmark: which systems each starts, and what it measures of them.</summary>
public sealed class Sections(Scale scale, Action<string> say)
{
    private static readonly Start[] Ours = [.. OnBroker(Broker.Installed)];
    private static readonly Start[] Newest = [.. Broker.OfNewest.SelectMany(OnBroker)];
    private static readonly Start[] Others =
    [
        token => Peer.StartSocketIoAsync(processes: 2, token),
        Peer.StartSocketIoAsync,
        Peer.StartPeerJsAsync,
        Peer.StartSignalRAsync,
    ];

    /// <summary>The names of all sections, in their order.</summary>
    public static IReadOnlyList<string> Names { get; } =
    ["exchange", "connects", "calls", "kill", "growth", "storm", "sessions", "headline"];

    /// <summary>Measures one section anew.</summary>
    public async Task<BenchmarkReport> RunAsync(
        string name,
        BenchmarkReport report,
        CancellationToken cancellationToken
    ) =>
        name switch
        {
            "exchange" => report with { Exchange = await ExchangeAsync([Ours, Newest, Others], cancellationToken) },
            "connects" => report with { Connects = await ConnectsAsync(cancellationToken) },
            "calls" => report with { Calls = await CallsAsync(cancellationToken) },
            "kill" => report with { Kill = await KillAsync(cancellationToken) },
            "growth" => report with { Growth = await GrowthAsync(cancellationToken) },
            "storm" => report with { Storm = await StormAsync(cancellationToken) },
            "sessions" => report with { Sessions = await SessionsAsync(cancellationToken) },
            "headline" => report with { Headline = await HeadlineAsync(cancellationToken) },
            _ => throw new ArgumentOutOfRangeException(nameof(name), name, "There is no such section."),
        };

    /// <summary>Signals of SignalBroker and the raw broker alone.</summary>
    public async Task<BenchmarkReport> SmokeAsync(CancellationToken cancellationToken) =>
        new() { Exchange = await ExchangeAsync([Ours], cancellationToken) };

    private static async Task<ISystem> StartOursAsync(int nodes, int webapps, CancellationToken cancellationToken) =>
        await SignalBrokerSystem.StartAsync(nodes, webapps, cancellationToken);

    private static IEnumerable<Start> OnBroker(Broker broker) =>
        [
            token => RawBroker.StartAsync(broker, token),
            async token => await SignalBrokerSystem.StartAsync(nodes: 1, webapps: 1, token, broker),
        ];

    private async Task<SignalsSection> ExchangeAsync(Start[][] groups, CancellationToken cancellationToken)
    {
        var rows = await InGroupsAsync(groups, new SignalsMeasurement(scale, say).MeasureAsync, cancellationToken);
        return new(Machine.Now(), scale.Listeners, scale.Rate, rows) { PerRequest = scale.PerRequest };
    }

    private async Task<ConnectsSection> ConnectsAsync(CancellationToken cancellationToken)
    {
        var measurement = new ConnectsMeasurement(scale, say);
        var rows = await InGroupsAsync([Ours, Newest, Others], measurement.MeasureAsync, cancellationToken);
        return new(Machine.Now(), scale.ManyListeners, scale.Connects, rows);
    }

    private async Task<CallsSection> CallsAsync(CancellationToken cancellationToken)
    {
        var rows = await InGroupsAsync(
            [Ours, Newest, Others],
            new CallsMeasurement(scale, say).MeasureAsync,
            cancellationToken
        );
        return new(Machine.Now(), scale.CallsAtOnce, rows);
    }

    private async Task<KillSection> KillAsync(CancellationToken cancellationToken)
    {
        (Start Start, string Role, string Killed)[] cases =
        [
            (token => StartOursAsync(1, 2, token), "webapp", "one of two webapps"),
            (token => StartOursAsync(2, 1, token), "broker", "one of two nodes"),
            (token => StartOursAsync(1, 1, token), "postgres", "PostgreSQL"),
            (token => Peer.StartSocketIoAsync(processes: 2, token), "server", "one of two servers"),
            (Peer.StartSocketIoAsync, "server", "the server"),
            (Peer.StartPeerJsAsync, "server", "the server"),
            (Peer.StartSignalRAsync, "server", "the server"),
        ];
        var rows = new List<KillRow>();
        foreach (var (start, role, killed) in cases)
        {
            await using var system = await start(cancellationToken);
            rows.Add(await new KillMeasurement(scale, say).MeasureAsync(system, role, killed, cancellationToken));
        }

        return new(Machine.Now(), scale.KillListeners, scale.KillRate, scale.KillDuration.TotalSeconds, rows);
    }

    private async Task<GrowthSection> GrowthAsync(CancellationToken cancellationToken)
    {
        (Start Start, string Servers)[] cases =
        [
            .. scale.GrowthSteps.Select(count =>
                ((Start)(token => StartOursAsync(1, count, token)), $"1 node, {Count(count, "webapp")}")
            ),
            // The first step is measured already.
            .. scale
                .GrowthSteps.Skip(1)
                .Select(count =>
                    ((Start)(token => StartOursAsync(count, 1, token)), $"{Count(count, "node")}, 1 webapp")
                ),
            .. scale.GrowthSteps.Select(count =>
                ((Start)(token => Peer.StartSocketIoAsync(count, token)), $"{Count(count, "server")}, 1 Redis")
            ),
        ];
        var rows = new List<GrowthRow>();
        foreach (var (start, servers) in cases)
        {
            await using var system = await start(cancellationToken);
            rows.Add(await new GrowthMeasurement(scale, say).MeasureAsync(system, servers, cancellationToken));
        }

        return new(Machine.Now(), scale.GrowthRate, rows);
    }

    private async Task<StormSection> StormAsync(CancellationToken cancellationToken)
    {
        var rows = new List<StormRow>();
        foreach (var start in (Start[])[.. Ours, .. Newest])
        {
            await using var system = await start(cancellationToken);
            rows.Add(await new StormMeasurement(scale, say).MeasureAsync(system, cancellationToken));
        }

        return new(Machine.Now(), scale.StormListeners, scale.StormAtOnce, rows);
    }

    private async Task<SessionsSection> SessionsAsync(CancellationToken cancellationToken)
    {
        await using var few = await SignalBrokerSystem.StartAsync(nodes: 1, webapps: 1, cancellationToken);
        await using var many = await SignalBrokerSystem.StartAsync(nodes: 1, webapps: 1, cancellationToken);
        var rows = await new SessionsMeasurement(scale, say).MeasureAsync(few, many, cancellationToken);
        return new(Machine.Now(), rows);
    }

    private async Task<HeadlineSection> HeadlineAsync(CancellationToken cancellationToken)
    {
        var rows = new List<HeadlineRow>();
        foreach (var broker in (Broker[])[Broker.Installed, .. Broker.OfNewest])
        {
            await using var system = await SignalBrokerSystem.StartAsync(1, 1, cancellationToken, broker);
            var runs = await new HeadlineMeasurement(scale, say).MeasureAsync(system, cancellationToken);
            rows.Add(
                new(
                    system.Name,
                    Spread.Of(runs, run => run.Elapsed.TotalSeconds),
                    runs.Sum(run => scale.HeadlineSignals - run.Arrived + run.Failed)
                )
            );
        }

        return new(Machine.Now(), scale.HeadlineSignals, rows);
    }

    private static string Count(int count, string what) => count == 1 ? $"1 {what}" : $"{count} {what}s";

    // A group's systems take turns. The other groups' don't run meanwhile: even idle ones would be felt.
    private async Task<IReadOnlyList<TRow>> InGroupsAsync<TRow>(
        Start[][] groups,
        Func<IReadOnlyList<ISystem>, CancellationToken, Task<IReadOnlyList<TRow>>> measure,
        CancellationToken cancellationToken
    )
    {
        var rows = new List<TRow>();
        foreach (var group in groups)
        {
            say("Starting the servers …");
            var systems = new List<ISystem>();
            try
            {
                foreach (var start in group)
                {
                    systems.Add(await start(cancellationToken));
                }

                rows.AddRange(await measure(systems, cancellationToken));
            }
            finally
            {
                foreach (var system in systems)
                {
                    await system.DisposeAsync();
                }
            }
        }

        return rows;
    }
}
