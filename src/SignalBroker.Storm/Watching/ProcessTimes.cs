using System.Globalization;
using System.Runtime.InteropServices;

namespace SignalBroker.Storm.Watching;

/// <summary>What /proc says of a process.</summary>
/// <param name="OwnCpu">The processor time that it has used.</param>
/// <param name="Cpu">The same, and what its ended children had used.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct ProcessTimes(int Parent, TimeSpan OwnCpu, TimeSpan Cpu, long ResidentKiB)
{
    private const double TicksPerSecond = 100;
    private const int FirstTime = 11;
    private const int OwnTimes = 2;
    private const int Times = 4;
    private const int ResidentPages = 21;

    private static long KiBPerPage => Environment.SystemPageSize / 1024;

    /// <summary>All processes by their id.</summary>
    public static Dictionary<int, ProcessTimes> ReadAll()
    {
        var all = new Dictionary<int, ProcessTimes>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (
                int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var id)
                && Read(id) is { } times
            )
            {
                all[id] = times;
            }
        }

        return all;
    }

    /// <summary>The resident memory of a process that it shares with no other, in KiB; 0 when it has ended.</summary>
    public static long UnsharedKiB(int id)
    {
        try
        {
            var fields = File.ReadAllText($"/proc/{id}/statm").Split(' ');
            return (Pages(fields[1]) - Pages(fields[2])) * KiBPerPage;
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    /// <summary>One process; null when it has ended.</summary>
    public static ProcessTimes? Read(int id)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{id}/stat");
            // The name in parentheses may hold anything, so the fields are counted from its end.
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            var ticks = fields
                .Skip(FirstTime)
                .Take(Times)
                .Select(field => long.Parse(field, CultureInfo.InvariantCulture))
                .ToList();
            return new(
                int.Parse(fields[1], CultureInfo.InvariantCulture),
                TimeSpan.FromSeconds(ticks.Take(OwnTimes).Sum() / TicksPerSecond),
                TimeSpan.FromSeconds(ticks.Sum() / TicksPerSecond),
                Pages(fields[ResidentPages]) * KiBPerPage
            );
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static long Pages(string field) => long.Parse(field, CultureInfo.InvariantCulture);
}
