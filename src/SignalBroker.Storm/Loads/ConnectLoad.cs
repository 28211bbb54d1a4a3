using System.Diagnostics;
using SignalBroker.Storm.Watching;
using SignalBroker.Storm.Workers;

namespace SignalBroker.Storm.Loads;

/// <summary>Users connect and listen; measures how fast, and what a listener costs the servers.</summary>
public sealed class ConnectLoad(LoadOptions options) : Load(options)
{
    public override string Name => "connect";

    public override string Title =>
        Options.ConnectRate is { } rate
            ? $"{Options.Clients} clients connect, {rate:0.#} per second."
            : $"{Options.Clients} clients connect, {Options.AtOnce} at a time.";

    public override string MainLatency => Counters.ConnectLatency;

    internal override async Task RunAsync(LoadRun run, CancellationToken cancellationToken)
    {
        var (uses, memory) = (run.Uses(), await NodeMemory.ReadAsync(Options.Management, cancellationToken));
        var began = await run.ConnectAllAsync(null, cancellationToken);
        var span = Stopwatch.GetElapsedTime(began, run.Fleet.LastCameAt);
        run.Add("connects per second", run.Fleet.Users / span.TotalSeconds, "/s");
        await run.LastAsync(Options.Duration, cancellationToken);

        var listening = (double)Math.Max(1, run.Fleet.Totals.Listening);
        foreach (var (name, now) in run.Uses())
        {
            var before = uses.GetValueOrDefault(name);
            run.Add($"CPU of {name} per client", (now.Cpu - before.Cpu).TotalMicroseconds / listening, "µs");
            run.Add(
                $"memory of {name} per client (resident)",
                (now.ResidentKiB - before.ResidentKiB) / listening,
                "KiB"
            );
        }

        if (Options.Management.Count > 0)
        {
            var now = await NodeMemory.ReadAsync(Options.Management, cancellationToken);
            var growth = now.Sum(node => node.Value - memory.GetValueOrDefault(node.Key));
            run.Add(
                "memory of the nodes per client (resident, by the management API)",
                growth / 1024 / listening,
                "KiB"
            );
        }
    }
}
