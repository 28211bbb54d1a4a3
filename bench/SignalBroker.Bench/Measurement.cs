using System.Diagnostics;
using System.Globalization;
using SignalBroker.LocalCluster;

namespace SignalBroker.Bench;

/// <summary>Time, and the CPU time of each process, between two moments.</summary>
public sealed class Measurement
{
    private readonly Dictionary<string, (int Pid, TimeSpan Cpu)> started = [];
    private readonly long since = Stopwatch.GetTimestamp();

    private Measurement() { }

    public static Measurement Start(Cluster cluster)
    {
        var measurement = new Measurement();
        measurement.Add("broker", cluster.Nodes[0].ProcessId);
        measurement.Add("webapp", cluster.Webapps[0].ProcessId);
        measurement.Add("generator", Environment.ProcessId);
        return measurement;
    }

    /// <summary>How many per second, and the CPU time in µs that each process spent on one.</summary>
    public (double PerSecond, IReadOnlyDictionary<string, double> CpuMicroseconds) Per(long count)
    {
        var perSecond = count / Stopwatch.GetElapsedTime(since).TotalSeconds;
        return (
            perSecond,
            started.ToDictionary(
                process => process.Key,
                process => (CpuOf(process.Value.Pid) - process.Value.Cpu).TotalMicroseconds / count
            )
        );
    }

    /// <summary>A process's resident memory in KiB.</summary>
    public static long ResidentKiB(int pid)
    {
        var line = File.ReadLines($"/proc/{pid}/status")
            .First(text => text.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }

    private static TimeSpan CpuOf(int pid)
    {
        using var process = Process.GetProcessById(pid);
        return process.TotalProcessorTime;
    }

    private void Add(string name, int pid) => started[name] = (pid, CpuOf(pid));
}
