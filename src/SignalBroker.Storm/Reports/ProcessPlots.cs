using SignalBroker.Storm.Reports.Drawing;
using SignalBroker.Storm.Results;
using SignalBroker.Storm.Wording;

namespace SignalBroker.Storm.Reports;

/// <summary>What each watched process took of the machine.</summary>
public static class ProcessPlots
{
    private const string Others = "others";
    private const double KiBPerMiB = 1024;
    private const double KiBPerGiB = 1024 * 1024;

    /// <summary>One area upon the other, so that the topmost edge is the sum.</summary>
    public static Plot Cpu(Timeline timeline, MachineReport? machine)
    {
        var names = Names(timeline);
        var points = names.ToDictionary(name => name, _ => new List<Point>());
        var highest = 0.0;
        foreach (var tick in timeline.Ticks)
        {
            var sum = 0.0;
            foreach (var name in names)
            {
                var top = sum + (Value(tick.Cores, names, name) ?? 0);
                points[name].Add(new(tick.Second, top, sum));
                sum = top;
            }

            highest = Math.Max(highest, sum);
        }

        return new()
        {
            Title = "CPU per process",
            Note = machine is null ? "busy cores, stacked" : $"busy cores of {machine.Cores}, stacked",
            X = Axis.Time(timeline.Seconds),
            Y = Axis.Linear(highest, cores => cores == 1 ? "1 core" : $"{Quantity.Rounded(cores)} cores"),
            Series = [.. names.Select((name, index) => new Series(name, points[name], index, SeriesStyle.Area))],
            Tips = TimelinePlots.Tips(
                timeline,
                tick =>
                    names
                        .Select(name => $"{name} {Value(tick.Cores, names, name):0.00} cores")
                        .Append($"together {tick.Cores.Values.Sum():0.00} cores")
            ),
        };
    }

    /// <summary>One line each.</summary>
    public static Plot Memory(Timeline timeline)
    {
        var names = Names(timeline);
        var series = names.Select(
            (name, index) =>
                new Series(
                    name,
                    [.. timeline.Ticks.Select(tick => new Point(tick.Second, Value(Memory(tick), names, name)))],
                    index
                )
        );
        var highest = timeline.Ticks.SelectMany(tick => names.Select(name => Value(Memory(tick), names, name))).Max();
        var unit = highest >= KiBPerGiB ? KiBPerGiB : KiBPerMiB;
        return new()
        {
            Title = "Memory per process",
            Note = "resident memory",
            X = Axis.Time(timeline.Seconds),
            Y = Axis.Linear(highest ?? 0, Quantity.Size, unit: unit),
            Series = [.. series],
            Tips = TimelinePlots.Tips(
                timeline,
                tick =>
                    names
                        .Where(name => Value(Memory(tick), names, name) is not null)
                        .Select(name => $"{name} {Quantity.Size(Value(Memory(tick), names, name)!.Value)}")
            ),
        };
    }

    private static Dictionary<string, double> Memory(Tick tick) =>
        tick.MemoryKiB.ToDictionary(memory => memory.Key, memory => (double)memory.Value);

    /// <summary>In one order, so that a process has one color; as many as there are colors, the idlest taken together.</summary>
    private static string[] Names(Timeline timeline)
    {
        var all = timeline.Ticks.SelectMany(tick => tick.Cores.Keys.Concat(tick.MemoryKiB.Keys)).Distinct().ToArray();
        if (all.Length <= Series.Colors)
        {
            return [.. all.Order(StringComparer.Ordinal)];
        }

        var busiest = all.OrderByDescending(name => timeline.Ticks.Sum(tick => tick.Cores.GetValueOrDefault(name)))
            .Take(Series.Colors - 1)
            .Order(StringComparer.Ordinal);
        return [.. busiest, Others];
    }

    private static double? Value(IReadOnlyDictionary<string, double> values, string[] names, string name)
    {
        if (values.TryGetValue(name, out var value))
        {
            return double.IsFinite(value) ? value : null;
        }

        return name == Others ? values.Where(other => !names.Contains(other.Key)).Sum(other => other.Value) : null;
    }
}
