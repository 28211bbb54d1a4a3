using System.Diagnostics;
using SignalBroker.Storm.Clients;
using SignalBroker.Storm.Workers;

namespace SignalBroker.Storm.Loads;

/// <summary>All users of one node lose their socket at once and come back.</summary>
/// <param name="node">The listening address of the node; null for the one with the most listeners.</param>
public sealed class ReconnectLoad(LoadOptions options, string? node, int times) : Load(options)
{
    public override string Name => "reconnect";

    public override string Title =>
        $"{Options.Clients} clients listen; all that listen at one node lose their socket at once and come back.";

    public override string MainLatency => Counters.ReconnectLatency;

    public override IReadOnlyDictionary<string, string> OwnOptions =>
        node is null ? Typed(("--times", times)) : Typed(("--times", times), ("--node", node));

    internal override async Task RunAsync(LoadRun run, CancellationToken cancellationToken)
    {
        await run.ConnectAllAsync(null, cancellationToken);
        for (var time = 1; time <= times; time++)
        {
            await run.LastAsync(Options.Duration, cancellationToken);
            await CutAsync(run, cancellationToken);
        }

        await run.LastAsync(Options.Duration, cancellationToken);
    }

    private async Task CutAsync(LoadRun run, CancellationToken cancellationToken)
    {
        var nodes = run.Fleet.Nodes;
        var address = node ?? nodes.MaxBy(one => one.Value).Key;
        var count = nodes.GetValueOrDefault(address);
        if (count == 0)
        {
            throw new LoadFailedException(
                $"Nobody listens at {address}. Listeners are at: {string.Join(", ", nodes.Keys.Order())}"
            );
        }

        var before = run.Fleet.Totals;
        var failures = run.Fleet.Errors.Values.Sum();
        run.Enter("running", () => (run.Fleet.Totals.Connected - before.Connected) / (double)count);
        var began = Stopwatch.GetTimestamp();
        await run.Fleet.CarryOutAsync(_ => new Cut(address), cancellationToken);
        await run.ListeningAsync(
            () =>
                run.Fleet.Totals.Connected - before.Connected >= count && run.Fleet.Totals.Listening >= run.Fleet.Users,
            cancellationToken
        );
        run.Add("sockets cut", count, "");
        run.Add("time until all listen again", Stopwatch.GetElapsedTime(began, run.Fleet.LastCameAt).TotalSeconds, "s");
        run.Add("failed attempts", run.Fleet.Errors.Values.Sum() - failures, "");
    }
}
