using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using SignalBroker.Storm.Clients;
using SignalBroker.Storm.Pokes;
using SignalBroker.Storm.Results;
using SignalBroker.Storm.Watching;
using SignalBroker.Storm.Workers;

namespace SignalBroker.Storm.Loads;

/// <summary>One run of a load: its workers, and the report that grows while it runs.</summary>
internal sealed class LoadRun : IAsyncDisposable
{
    private const int BytesPerMiB = 1 << 20;
    private static readonly TimeSpan TickLength = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Stall = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan LeaveLimit = TimeSpan.FromSeconds(5);

    private readonly Load load;
    private readonly ProcessWatch watch;
    private readonly DateTimeOffset startedAt = TimeProvider.System.GetUtcNow();
    private readonly long started = Stopwatch.GetTimestamp();
    private readonly List<Tick> ticks = [];
    private readonly List<Figure> figures = [];
    private readonly Lock writing = new();
    private readonly CancellationTokenSource ended = new();
    private readonly Task ticking;
    private string phase = "connecting";
    private Func<double?> progress = () => null;
    private double? seconds;

    private LoadRun(Load load, Fleet fleet)
    {
        (this.load, Fleet) = (load, fleet);
        watch = new ProcessWatch(load.Options.Watch, [Environment.ProcessId, .. fleet.ProcessIds]);
        ticking = TickAsync();
    }

    public Fleet Fleet { get; }

    /// <summary>What this process measures itself, for the load that pokes.</summary>
    public PokeTally? Pokes { get; set; }

    public LoadOptions Options => load.Options;

    public static async Task<LoadRun> StartAsync(Load load)
    {
        var options = load.Options;
        return new(
            load,
            await Fleet.StartAsync(
                options.Clients,
                options.Workers,
                options.Urls,
                options.Log,
                options.Protocol,
                load.MainLatency
            )
        );
    }

    /// <summary>What has been measured so far.</summary>
    public LoadReport Snapshot()
    {
        var (errors, latencies) = (Errors(), Fleet.Latencies);
        foreach (var (name, latency) in Pokes?.Latencies ?? [])
        {
            latencies[name] = latency;
        }

        lock (writing)
        {
            return new LoadReport
            {
                Load = load.Name,
                Title = load.Title,
                Options = Typed(),
                StartedAt = startedAt,
                Seconds = seconds ?? Stopwatch.GetElapsedTime(started).TotalSeconds,
                Phase = phase,
                Progress = progress() is { } share ? Math.Clamp(share, 0, 1) : null,
                Workers = Fleet.Count,
                Protocols = Fleet.Protocols,
                Machine = new(
                    Environment.ProcessorCount,
                    GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / BytesPerMiB,
                    RuntimeInformation.OSDescription,
                    RuntimeInformation.FrameworkDescription
                ),
                Totals = Totals() with { Errors = errors.Values.Sum() },
                Errors = errors,
                Latencies = latencies,
                Timeline = [.. ticks],
                Pokes = Pokes?.Report,
                Figures = [.. figures],
            };
        }
    }

    /// <summary>Says what the load does now, and how far it is.</summary>
    public void Enter(string next, Func<double?>? howFar = null)
    {
        lock (writing)
        {
            phase = next;
            progress = howFar ?? (() => null);
        }
    }

    public void Add(string name, double value, string unit)
    {
        lock (writing)
        {
            figures.Add(new(name, value, unit));
        }
    }

    /// <summary>Lets all users connect, and waits until all of them listen.</summary>
    /// <returns>When it began, by the monotonic clock.</returns>
    public async Task<long> ConnectAllAsync(Func<Connect, int, Connect>? adapt, CancellationToken cancellationToken)
    {
        var users = Fleet.Users;
        Enter("connecting", () => Fleet.Totals.Connected / (double)users);
        var began = Stopwatch.GetTimestamp();
        await Fleet.OrderAsync(worker =>
        {
            var order = new Connect(
                Options.ConnectRate / Fleet.Count,
                Math.Max(1, Fleet.ShareOf(worker, Options.AtOnce))
            );
            return adapt is null ? order : adapt(order, worker);
        });
        await ListeningAsync(() => Fleet.Totals.Connected >= users, cancellationToken);
        return began;
    }

    /// <summary>Waits for listeners; gives up when no more come.</summary>
    public async Task ListeningAsync(Func<bool> holds, CancellationToken cancellationToken)
    {
        var (connected, since) = (Fleet.Totals.Connected, Stopwatch.GetTimestamp());
        var patience = Options.ConnectRate is { } perSecond ? Stall + TimeSpan.FromSeconds(1 / perSecond) : Stall;
        await Fleet.UntilAsync(
            () =>
            {
                var now = Fleet.Totals;
                if (now.Connected > connected)
                {
                    (connected, since) = (now.Connected, Stopwatch.GetTimestamp());
                }
                else if (Stopwatch.GetElapsedTime(since) > patience && !holds())
                {
                    throw new LoadFailedException(
                        $"Only {now.Listening} of {Fleet.Users} clients listen, and no more have come for {patience.TotalSeconds:0} s."
                    );
                }

                return holds();
            },
            cancellationToken
        );
    }

    /// <summary>Lets the load run for its time.</summary>
    public async Task LastAsync(TimeSpan duration, CancellationToken cancellationToken)
    {
        var since = Stopwatch.GetTimestamp();
        Enter("running", () => Stopwatch.GetElapsedTime(since) / duration);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var time = Task.Delay(duration, TimeProvider.System, over.Token);
        await await Task.WhenAny(time, Fleet.Broken);
    }

    /// <summary>What the watched processes have used until now.</summary>
    public IReadOnlyDictionary<string, ProcessWatch.Use> Uses() => watch.Read();

    /// <summary>Ends the run, whose phase is then this outcome.</summary>
    public async Task EndAsync(string outcome)
    {
        await ended.CancelAsync();
        await ticking;
        Enter(outcome);
        seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        try
        {
            using var limit = new CancellationTokenSource(LeaveLimit * 2);
            await Fleet.CarryOutAsync(_ => new Leave(LeaveLimit.TotalSeconds), limit.Token);
        }
        catch (Exception failure) when (failure is OperationCanceledException or LoadFailedException)
        {
            // Ending the workers closes their sockets, which ends their sessions too.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await ended.CancelAsync();
        await ticking;
        await Fleet.DisposeAsync();
        ended.Dispose();
    }

    private Totals Totals() => Fleet.Totals + (Pokes?.Totals ?? new());

    private Dictionary<string, long> Errors() =>
        Fleet
            .Errors.Concat(Pokes?.Errors ?? new Dictionary<string, long>())
            .GroupBy(error => error.Key)
            .ToDictionary(errors => errors.Key, errors => errors.Sum(error => error.Value));

    private Dictionary<string, string> Typed()
    {
        var typed = new Dictionary<string, string>
        {
            ["--url"] = string.Join(' ', Options.Urls),
            ["--clients"] = Options.Clients.ToString(),
        };
        if (Options.ConnectRate is { } rate)
        {
            typed["--connect-rate"] = rate.ToString(CultureInfo.InvariantCulture);
        }

        if (Options.Protocol is { } protocol)
        {
            typed["--protocol"] = protocol.Word;
        }

        foreach (var (name, value) in load.OwnOptions)
        {
            typed[name] = value;
        }

        return typed;
    }

    private async Task TickAsync()
    {
        using var timer = new PeriodicTimer(TickLength, TimeProvider.System);
        var (before, failures, uses, at) = (Totals(), 0L, watch.Read(), started);
        try
        {
            while (await timer.WaitForNextTickAsync(ended.Token))
            {
                var (totals, now, used) = (Totals(), Stopwatch.GetTimestamp(), watch.Read());
                var failed = Errors().Values.Sum();
                var recent = Pokes?.TakeRecent() ?? Fleet.TakeRecent();
                var length = Stopwatch.GetElapsedTime(at, now);
                var tick = new Tick
                {
                    Second = (int)Math.Round(Stopwatch.GetElapsedTime(started, now).TotalSeconds),
                    Listening = totals.Listening,
                    Connects = totals.Connected - before.Connected,
                    Sent = totals.Sent - before.Sent,
                    Received = totals.Received - before.Received,
                    Errors = failed - failures,
                    P50 = recent.Count > 0 ? recent.Percentile(0.5) : null,
                    P99 = recent.Count > 0 ? recent.Percentile(0.99) : null,
                    Cores = used.ToDictionary(
                        use => use.Key,
                        use => Math.Max(0, (use.Value.Cpu - uses.GetValueOrDefault(use.Key).Cpu) / length)
                    ),
                    MemoryKiB = used.ToDictionary(use => use.Key, use => use.Value.ResidentKiB),
                };
                lock (writing)
                {
                    ticks.Add(tick);
                }

                (before, failures, uses, at) = (totals, failed, used, now);
            }
        }
        catch (OperationCanceledException)
        {
            // The run is over.
        }
    }
}
