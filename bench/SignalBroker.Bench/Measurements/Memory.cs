using System.Diagnostics;
using SignalBroker.Bench.Systems;
using SignalBroker.Storm.Watching;

namespace SignalBroker.Bench.Measurements;

/// <summary>How much memory a system's processes hold.</summary>
public static class Memory
{
    private const double Steady = 0.995;
    private const int SteadyLooks = 4;
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>
    /// The resident memory in KiB of the processes that hold the listeners, as soon as it has not shrunk for 20 s: idle
    /// Erlang processes give back what they took to connect.
    /// </summary>
    public static async Task<double> OfListenersKiBAsync(ISystem system, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        var (least, steady) = (OfListenersKiB(system), 0);
        while (steady < SteadyLooks && watch.Elapsed < Limit)
        {
            await Task.Delay(Look, TimeProvider.System, cancellationToken);
            var now = OfListenersKiB(system);
            steady = now < least * Steady ? 0 : steady + 1;
            least = Math.Min(least, now);
        }

        return least;
    }

    private static double OfListenersKiB(ISystem system) =>
        system
            .Parts.Where(part => part.HoldsListeners)
            .Sum(part => ProcessTimes.Read(part.Part.ProcessId)!.Value.ResidentKiB);
}
