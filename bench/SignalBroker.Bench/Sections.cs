using SignalBroker.Bench.Measurements;
using SignalBroker.Bench.Report;
using SignalBroker.Bench.Systems;

namespace SignalBroker.Bench;

/// <summary>The sections of the benchmark: which systems each starts, and what it measures of them.</summary>
public sealed class Sections(Scale scale, Action<string> say)
{
    private static readonly Start[] Ours = [RawBroker.StartAsync, OneOfEachAsync];
    private static readonly Start[] Others =
    [
        token => Peer.StartSocketIoAsync(processes: 2, token),
        Peer.StartSocketIoAsync,
        Peer.StartPeerJsAsync,
        Peer.StartSignalRAsync,
    ];

    private delegate Task<ISystem> Start(CancellationToken cancellationToken);

    private delegate Task<BenchmarkReport> Section(
        Sections sections,
        BenchmarkReport report,
        CancellationToken cancellationToken
    );

    /// <summary>The names of all sections, in their order.</summary>
    public static IReadOnlyList<string> Names => [.. ByName.Keys];

    private static OrderedDictionary<string, Section> ByName { get; } =
        new()
        {
            ["exchange"] = (sections, report, token) => sections.ExchangeAsync(report, [Ours, Others], token),
            ["connects"] = (sections, report, token) => sections.ConnectsAsync(report, token),
            ["kill"] = (sections, report, token) => sections.KillAsync(report, token),
            ["growth"] = (sections, report, token) => sections.GrowthAsync(report, token),
            ["storm"] = (sections, report, token) => sections.StormAsync(report, token),
            ["sessions"] = (sections, report, token) => sections.SessionsAsync(report, token),
            ["headline"] = (sections, report, token) => sections.HeadlineAsync(report, token),
        };

    /// <summary>Measures one section anew.</summary>
    public Task<BenchmarkReport> RunAsync(string name, BenchmarkReport report, CancellationToken cancellationToken) =>
        ByName[name](this, report, cancellationToken);

    /// <summary>Signals of SignalBroker and the raw broker alone.</summary>
    public Task<BenchmarkReport> SmokeAsync(CancellationToken cancellationToken) =>
        ExchangeAsync(new(), [Ours], cancellationToken);

    private static async Task<ISystem> OneOfEachAsync(CancellationToken cancellationToken) =>
        await SignalBrokerSystem.StartAsync(nodes: 1, webapps: 1, cancellationToken);

    private async Task<BenchmarkReport> ExchangeAsync(
        BenchmarkReport report,
        IReadOnlyList<Start[]> groups,
        CancellationToken cancellationToken
    )
    {
        var rows = await InGroupsAsync(groups, new SignalsMeasurement(scale, say).MeasureAsync, cancellationToken);
        return report with { Exchange = new(Machine.Now(), scale.Listeners, scale.Rate, rows) };
    }

    private async Task<BenchmarkReport> ConnectsAsync(BenchmarkReport report, CancellationToken cancellationToken)
    {
        var rows = await InGroupsAsync(
            [Ours, Others],
            new ConnectsMeasurement(scale, say).MeasureAsync,
            cancellationToken
        );
        return report with { Connects = new(Machine.Now(), scale.ManyListeners, scale.Connects, rows) };
    }

    private async Task<BenchmarkReport> KillAsync(BenchmarkReport report, CancellationToken cancellationToken)
    {
        (Start Start, string Role, string Killed)[] cases =
        [
            (async token => await SignalBrokerSystem.StartAsync(1, 2, token), "webapp", "one of two webapps"),
            (async token => await SignalBrokerSystem.StartAsync(2, 1, token), "broker", "one of two nodes"),
            (OneOfEachAsync, "postgres", "PostgreSQL"),
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

        return report with
        {
            Kill = new(Machine.Now(), scale.KillListeners, scale.KillRate, scale.KillDuration.TotalSeconds, rows),
        };
    }

    private async Task<BenchmarkReport> GrowthAsync(BenchmarkReport report, CancellationToken cancellationToken)
    {
        var measurement = new GrowthMeasurement(scale, say);
        var rows = new List<GrowthRow>();
        foreach (var count in scale.GrowthSteps)
        {
            await using var system = await SignalBrokerSystem.StartAsync(nodes: 1, count, cancellationToken);
            rows.Add(await measurement.MeasureAsync(system, $"1 node, {Count(count, "webapp")}", cancellationToken));
        }

        // The first step is measured already.
        foreach (var count in scale.GrowthSteps.Skip(1))
        {
            await using var system = await SignalBrokerSystem.StartAsync(count, webapps: 1, cancellationToken);
            rows.Add(await measurement.MeasureAsync(system, $"{Count(count, "node")}, 1 webapp", cancellationToken));
        }

        foreach (var count in scale.GrowthSteps)
        {
            await using var system = await Peer.StartSocketIoAsync(count, cancellationToken);
            rows.Add(await measurement.MeasureAsync(system, $"{Count(count, "server")}, 1 Redis", cancellationToken));
        }

        return report with
        {
            Growth = new(Machine.Now(), scale.GrowthRate, rows),
        };
    }

    private async Task<BenchmarkReport> StormAsync(BenchmarkReport report, CancellationToken cancellationToken)
    {
        var rows = new List<StormRow>();
        foreach (var start in Ours)
        {
            await using var system = await start(cancellationToken);
            rows.Add(await new StormMeasurement(scale, say).MeasureAsync(system, cancellationToken));
        }

        return report with
        {
            Storm = new(Machine.Now(), scale.StormListeners, scale.StormAtOnce, rows),
        };
    }

    private async Task<BenchmarkReport> SessionsAsync(BenchmarkReport report, CancellationToken cancellationToken)
    {
        await using var few = await SignalBrokerSystem.StartAsync(nodes: 1, webapps: 1, cancellationToken);
        await using var many = await SignalBrokerSystem.StartAsync(nodes: 1, webapps: 1, cancellationToken);
        var rows = await new SessionsMeasurement(scale, say).MeasureAsync(few, many, cancellationToken);
        return report with { Sessions = new(Machine.Now(), rows) };
    }

    private async Task<BenchmarkReport> HeadlineAsync(BenchmarkReport report, CancellationToken cancellationToken)
    {
        await using var system = await SignalBrokerSystem.StartAsync(nodes: 1, webapps: 1, cancellationToken);
        var runs = await new HeadlineMeasurement(scale, say).MeasureAsync(system, cancellationToken);
        return report with
        {
            Headline = new(
                Machine.Now(),
                scale.HeadlineSignals,
                Spread.Of(runs, run => run.Elapsed.TotalSeconds),
                runs.Sum(run => scale.HeadlineSignals - run.Arrived + run.Failed)
            ),
        };
    }

    private static string Count(int count, string what) => count == 1 ? $"1 {what}" : $"{count} {what}s";

    // A group's systems take turns. The other groups' don't run meanwhile: even idle ones would be felt.
    private async Task<IReadOnlyList<TRow>> InGroupsAsync<TRow>(
        IReadOnlyList<Start[]> groups,
        Func<Running, CancellationToken, Task<IReadOnlyList<TRow>>> measure,
        CancellationToken cancellationToken
    )
    {
        var rows = new List<TRow>();
        foreach (var group in groups)
        {
            await using var running = await StartAsync(group, cancellationToken);
            rows.AddRange(await measure(running, cancellationToken));
        }

        return rows;
    }

    private Task<Running> StartAsync(IReadOnlyList<Start> starts, CancellationToken cancellationToken)
    {
        say("Starting the servers …");
        return Running.StartAsync(
            starts.Select<Start, Func<CancellationToken, Task<ISystem>>>(start => token => start(token)),
            cancellationToken
        );
    }
}
