using System.Diagnostics;
using SignalBroker.Storm.Workers;

namespace SignalBroker.Storm.Loads;

/// <summary>Users come, listen for a while, leave and come back.</summary>
/// <param name="stay">How long they stay, on average.</param>
/// <param name="away">How long they are away, on average.</param>
public sealed class ChurnLoad(LoadOptions options, TimeSpan stay, TimeSpan away) : Load(options)
{
    public override string Name => "churn";

    public override string Title =>
        $"{Options.Clients} clients come and go: {stay.TotalSeconds:0.#} s here, {away.TotalSeconds:0.#} s away.";

    public override string MainLatency => Counters.ConnectLatency;

    public override IReadOnlyDictionary<string, string> OwnOptions =>
        Typed(("--stay", $"{stay.TotalSeconds}s"), ("--away", $"{away.TotalSeconds}s"));

    internal override async Task RunAsync(LoadRun run, CancellationToken cancellationToken)
    {
        await run.ConnectAllAsync(
            (order, worker) =>
                order with
                {
                    Restless = run.Fleet.ShareOf(worker, run.Fleet.Users),
                    Stay = stay.TotalSeconds,
                    Away = away.TotalSeconds,
                },
            cancellationToken
        );
        var (before, began) = (run.Fleet.Totals, Stopwatch.GetTimestamp());
        await run.LastAsync(Options.Duration, cancellationToken);
        var connects = run.Fleet.Totals.Connected - before.Connected;
        run.Add("connects per second", connects / Stopwatch.GetElapsedTime(began).TotalSeconds, "/s");
        run.Add("sessions", run.Fleet.Totals.Connected, "");
    }
}
