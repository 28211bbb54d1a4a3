using SignalBroker.Bench.Systems;
using SignalBroker.Storm.Watching;

namespace SignalBroker.Bench.Measurements;

/// <summary>The CPU time that each kind of process of a system, and the generator, has taken since a moment.</summary>
public sealed class CpuMeter
{
    /// <summary>The role of this process.</summary>
    public const string Generator = "generator";

    private readonly (string Role, Func<double> Read)[] sources;
    private readonly double[] before;

    private CpuMeter((string Role, Func<double> Read)[] sources)
    {
        this.sources = sources;
        before = [.. sources.Select(source => source.Read())];
    }

    public static CpuMeter Start(ISystem system) =>
        new([
            .. system
                .Parts.Where(part => part.Part.IsRunning)
                .Select(part => (part.Role, (Func<double>)(() => OfTree(part.Part.ProcessIds)))),
            (Generator, () => Environment.CpuUsage.TotalTime.TotalMicroseconds),
        ]);

    /// <summary>The CPU time since the start in µs, by role.</summary>
    public IReadOnlyDictionary<string, double> Read()
    {
        var spent = new Dictionary<string, double>();
        foreach (var (index, (role, read)) in sources.Index())
        {
            spent[role] = spent.GetValueOrDefault(role) + read() - before[index];
        }

        return spent;
    }

    // Of the first, also what its ended children had taken: PostgreSQL's backends come and go.
    private static double OfTree(IReadOnlyList<int> processes) =>
        processes
            .Select((id, index) => (IsRoot: index == 0, Times: ProcessTimes.Read(id)))
            .Sum(process =>
                ((process.IsRoot ? process.Times?.Cpu : process.Times?.OwnCpu) ?? default).TotalMicroseconds
            );
}
