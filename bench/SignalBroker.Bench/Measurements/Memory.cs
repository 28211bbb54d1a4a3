using System.Globalization;
using SignalBroker.Bench.Systems;

namespace SignalBroker.Bench.Measurements;

/// <summary>How much memory a system's processes hold.</summary>
public static class Memory
{
    /// <summary>The resident memory in KiB of the processes that hold the listeners.</summary>
    public static double OfListenersKiB(ISystem system) =>
        system.Parts.Where(part => part.HoldsListeners).Sum(part => ResidentKiB(part.Part.ProcessId));

    private static double ResidentKiB(int process)
    {
        var line = File.ReadLines($"/proc/{process}/status")
            .First(text => text.StartsWith("VmRSS:", StringComparison.Ordinal));
        return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }
}
