using System.Diagnostics;
using SignalBroker.Bench.Report;
using SignalBroker.Bench.Systems;

namespace SignalBroker.Bench.Measurements;

/// <summary>Cuts the sockets of all listeners at once, and takes the time until all listen again.</summary>
public sealed class StormMeasurement(Scale scale, Action<string> say)
{
    public async Task<StormRow> MeasureAsync(ISystem system, CancellationToken cancellationToken)
    {
        var start = Stopwatch.GetTimestamp();
        await using var population = await Population.OpenAsync(
            system,
            scale.StormListeners,
            scale.StormAtOnce,
            cancellationToken
        );
        var connected = Stopwatch.GetElapsedTime(start);
        await Quiet.WaitAsync(system, cancellationToken);

        var failed = 0;
        start = Stopwatch.GetTimestamp();
        population.Cut();
        await Parallel.ForEachAsync(
            Enumerable.Range(0, population.Count),
            new ParallelOptions { MaxDegreeOfParallelism = scale.StormAtOnce, CancellationToken = cancellationToken },
            async (place, token) =>
            {
                while (!await population.TryOpenAsync(place, token))
                {
                    Interlocked.Increment(ref failed);
                }
            }
        );
        await system.SettleAsync(cancellationToken);
        var reconnected = Stopwatch.GetElapsedTime(start);
        var row = new StormRow(system.Name, connected.TotalSeconds, reconnected.TotalSeconds, failed);
        say(
            $"{row.System}: {population.Count} listeners after {row.ConnectSeconds:F1} s, and again {row.ReconnectSeconds:F1} s after the cut; {failed} attempts failed"
        );
        return row;
    }
}
