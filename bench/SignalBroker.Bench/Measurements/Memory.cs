using System.Diagnostics;
using System.Globalization;
using SignalBroker.Bench.Systems;

namespace SignalBroker.Bench.Measurements;

/// <summary>How much memory a system's processes hold.</summary>
public static class Memory
{
    private const double Steady = 0.995;
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>
    /// The resident memory in KiB of the processes that hold the listeners, as soon as it no longer shrinks: idle
    /// Erlang processes give back what they took to connect.
    /// </summary>
    public static async Task<double> OfListenersKiBAsync(ISystem system, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        var (before, now) = (double.MaxValue, OfListenersKiB(system));
        while (now < before * Steady && watch.Elapsed < Limit)
        {
            await Task.Delay(Look, TimeProvider.System, cancellationToken);
            (before, now) = (now, OfListenersKiB(system));
        }

        return now;
    }

    private static double OfListenersKiB(ISystem system) =>
        system.Parts.Where(part => part.HoldsListeners).Sum(part => ResidentKiB(part.Part.ProcessId));

    private static double ResidentKiB(int process)
    {
        var line = File.ReadLines($"/proc/{process}/status")
            .First(text => text.StartsWith("VmRSS:", StringComparison.Ordinal));
        return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }
}
