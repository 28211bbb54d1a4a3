using SignalBroker.Storm.Results;
using SignalBroker.Storm.Workers;

namespace SignalBroker.Storm.Loads;

/// <summary>A steady mix for a long time: signals at a rate, while a tenth of the users come and go.</summary>
public sealed class SoakLoad(LoadOptions options, ExchangeOptions exchange) : Load(options)
{
    private const int RestlessShare = 10;
    private const double Stay = 60;
    private const double Away = 5;
    private const double Edge = 0.1;

    public override string Name => "soak";

    public override string Title =>
        $"{Options.Clients} clients for {Options.Duration:g}: {exchange.Rate:0.#} signals per second, and a tenth of the clients come and go.";

    public override IReadOnlyDictionary<string, string> OwnOptions => ExchangeLoad.OptionsOf(exchange);

    internal override async Task RunAsync(LoadRun run, CancellationToken cancellationToken)
    {
        await run.ConnectAllAsync(
            (order, worker) =>
                order with
                {
                    Restless = run.Fleet.ShareOf(worker, run.Fleet.Users / RestlessShare),
                    Stay = Stay,
                    Away = Away,
                },
            cancellationToken
        );
        var first = run.Snapshot().Timeline.Count;
        await ExchangeLoad.ExchangeAsync(run, exchange, Options.Duration, cancellationToken);
        AddDrift(run, [.. run.Snapshot().Timeline.Skip(first)]);
    }

    // What the last tenth of the time is more than the first one.
    private static void AddDrift(LoadRun run, List<Tick> ticks)
    {
        var edge = (int)Math.Ceiling(ticks.Count * Edge);
        if (edge == 0)
        {
            return;
        }

        var (early, late) = (ticks[..edge], ticks[^edge..]);
        foreach (var name in late.SelectMany(tick => tick.MemoryKiB.Keys).Distinct())
        {
            var growth = Memory(late, name) - Memory(early, name);
            run.Add($"growth of the memory of {name}", growth / 1024, "MiB");
        }

        run.Add("growth of the median latency", Median(late, tick => tick.P50) - Median(early, tick => tick.P50), "µs");
        run.Add(
            "growth of the 99th percentile",
            Median(late, tick => tick.P99) - Median(early, tick => tick.P99),
            "µs"
        );
    }

    private static double Memory(List<Tick> ticks, string name) =>
        ticks.Select(tick => (double)tick.MemoryKiB.GetValueOrDefault(name)).Average();

    private static double Median(List<Tick> ticks, Func<Tick, long?> value)
    {
        var values = ticks.Select(value).OfType<long>().Order().ToList();
        return values.Count > 0 ? values[values.Count / 2] : 0;
    }
}
