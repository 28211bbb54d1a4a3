using System.Globalization;
using SignalBroker.Bench.Systems;

namespace SignalBroker.Bench.Measurements;

/// <summary>The CPU time that each kind of process of a system, and the generator, has taken since a moment.</summary>
public sealed class CpuMeter
{
    /// <summary>The role of this process.</summary>
    public const string Generator = "generator";

    private const double MicrosecondsPerTick = 10_000;

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

    // Of the first, also what its children had taken that have ended: PostgreSQL's backends come and go.
    private static double OfTree(IReadOnlyList<int> processes) =>
        processes.Select((id, index) => OfProcess(id, withEndedChildren: index == 0)).Sum() * MicrosecondsPerTick;

    private static double OfProcess(int id, bool withEndedChildren)
    {
        const int UserTime = 11;
        try
        {
            var stat = File.ReadAllText($"/proc/{id}/stat");
            // The name in parentheses may hold anything, so the fields are counted from its end.
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields
                .Skip(UserTime)
                .Take(withEndedChildren ? 4 : 2)
                .Sum(field => double.Parse(field, CultureInfo.InvariantCulture));
        }
        catch (Exception ended) when (ended is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }
}
