using System.Diagnostics;
using SignalBroker.Bench.Report;
using SignalBroker.Bench.Systems;
using SignalBroker.LocalCluster;

namespace SignalBroker.Bench.Measurements;

/// <summary>Kills a server under load, starts it again at once, and counts what is lost.</summary>
public sealed class KillMeasurement(Scale scale, Action<string> say)
{
    private static readonly TimeSpan BetweenTries = TimeSpan.FromMilliseconds(100);

    /// <summary>Kills one server of a system.</summary>
    /// <param name="role">The server's role; of several, it is the first.</param>
    public async Task<KillRow> MeasureAsync(
        ISystem system,
        string role,
        string killed,
        CancellationToken cancellationToken
    )
    {
        await using var population = await Population.OpenAsync(
            system,
            scale.KillListeners,
            scale.ConnectsAtOnce,
            cancellationToken
        );
        var load = new Load(system, population, scale.Sizes[0]);
        await load.PaceAsync(scale.KillRate, scale.WarmUp, cancellationToken);

        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var keeper = new Keeper(population);
        var keeping = keeper.RunAsync(over.Token);
        var victim = system.Parts.First(part => part.Role == role).Part;
        var killing = KillAsync(victim, keeper, cancellationToken);
        var sample = await load.PaceAsync(scale.KillRate, scale.KillDuration, cancellationToken);
        await killing;
        await over.CancelAsync();
        await keeping;

        var row = new KillRow(
            system.Name,
            killed,
            keeper.Dropped,
            keeper.SecondsToListen,
            sample.Sent,
            sample.Failed,
            sample.Lost,
            sample.Sent - sample.Arrived
        );
        say(
            $"{row.System}, {row.Killed} killed: {row.SocketsDropped} sockets dropped, all listening again after {row.SecondsToListen?.ToString("F1") ?? "…"} s; "
                + $"of {row.Sent} signals {row.Missing} did not arrive, {row.Failed} failed, {row.Lost} accepted and lost"
        );
        return row;
    }

    private async Task KillAsync(Part victim, Keeper keeper, CancellationToken cancellationToken)
    {
        await Task.Delay(scale.KillDuration / 4, TimeProvider.System, cancellationToken);
        keeper.Mark();
        await victim.KillAsync();
        await victim.StartAsync(cancellationToken);
    }

    /// <summary>Has every client that loses its socket come back, as a page does.</summary>
    private sealed class Keeper(Population population)
    {
        private long killedAt;
        private long listeningAt;
        private int dropped;
        private int back;

        public int Dropped => dropped;

        public double? SecondsToListen =>
            dropped == 0 ? 0
            : back < dropped ? null
            : Stopwatch.GetElapsedTime(killedAt, Volatile.Read(ref listeningAt)).TotalSeconds;

        public void Mark() => killedAt = Stopwatch.GetTimestamp();

        public Task RunAsync(CancellationToken cancellationToken) =>
            Task.WhenAll(Enumerable.Range(0, population.Count).Select(place => KeepAsync(place, cancellationToken)));

        private async Task KeepAsync(int place, CancellationToken cancellationToken)
        {
            try
            {
                while (true)
                {
                    await population[place].Closed.WaitAsync(cancellationToken);
                    Interlocked.Increment(ref dropped);
                    while (!await population.TryOpenAsync(place, cancellationToken))
                    {
                        await Task.Delay(
                            BetweenTries * (1 + Random.Shared.NextDouble()),
                            TimeProvider.System,
                            cancellationToken
                        );
                    }

                    Volatile.Write(ref listeningAt, Stopwatch.GetTimestamp());
                    Interlocked.Increment(ref back);
                }
            }
            catch (OperationCanceledException)
            {
                // The run is over.
            }
        }
    }
}
