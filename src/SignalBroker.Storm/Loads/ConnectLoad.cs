using System.Diagnostics;
using SignalBroker.Storm.Watching;
using SignalBroker.Storm.Workers;

namespace SignalBroker.Storm.Loads;

/// <summary>Users connect and listen; measures how fast, and what a listener costs the servers.</summary>
public sealed class ConnectLoad(LoadOptions options) : Load(options)
{
    /// <inheritdoc />
    public override string Name => "connect";

    /// <inheritdoc />
    public override string Title =>
        Options.ConnectRate is { } rate
            ? $"{Options.Clients} clients connect, {rate:0.#} per second."
            : $"{Options.Clients} clients connect, {Options.AtOnce} at a time.";

    /// <inheritdoc />
    public override string MainLatency => Counters.ConnectLatency;

    internal override async Task RunAsync(LoadRun run, CancellationToken cancellationToken)
    {
        var (uses, memory) = (run.Uses(), await NodeMemory.ReadAsync(Options.Management, cancellationToken));
        var began = await run.ConnectAllAsync(null, cancellationToken);
        var span = Stopwatch.GetElapsedTime(began, run.Fleet.LastCameAt);
        run.Add("connects per second", run.Fleet.Users / span.TotalSeconds, "/s");
        await run.LastAsync("running", Options.Duration, cancellationToken);

        var listening = (double)Math.Max(1, run.Fleet.Totals.Listening);
        foreach (var (name, now) in run.Uses())
        {
            var before = uses.GetValueOrDefault(name);
            run.Add($"CPU per connect of {name}", (now.Cpu - before.Cpu).TotalMicroseconds / listening, "µs");
            run.Add(
                $"memory per listener of {name} (resident)",
                (now.ResidentKiB - before.ResidentKiB) / listening,
                "KiB"
            );
        }

        foreach (var (node, now) in await NodeMemory.ReadAsync(Options.Management, cancellationToken))
        {
            run.Add(
                $"memory per listener of {node} (resident, by the management API)",
                (now - memory.GetValueOrDefault(node)) / 1024.0 / Math.Max(1, listening / Options.Management.Count),
                "KiB"
            );
        }
    }
}
