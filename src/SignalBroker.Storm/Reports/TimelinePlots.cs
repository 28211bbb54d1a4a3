using SignalBroker.Storm.Reports.Drawing;
using SignalBroker.Storm.Results;
using SignalBroker.Storm.Wording;

namespace SignalBroker.Storm.Reports;

/// <summary>The plots of a run over time; those with nothing to show are left out.</summary>
public static class TimelinePlots
{
    private const int Blue = 0;
    private const int Aqua = 1;
    private const int Red = 5;
    private const int Orange = 7;
    private const string Others = "others";
    private const double KiBPerMiB = 1024;
    private const double KiBPerGiB = 1024 * 1024;

    public static IEnumerable<Plot> Of(LoadReport report)
    {
        var timeline = Timeline.Of(report.Timeline);
        Plot[] plots =
        [
            Latency(timeline),
            Throughput(timeline),
            Connections(timeline),
            Connects(timeline),
            Cpu(timeline, report.Machine),
            Memory(timeline),
        ];
        return plots.Where(plot => plot.HasValues);
    }

    private static Plot Latency(Timeline timeline) =>
        OverTime(
            timeline,
            "Latency over time",
            timeline.StepSeconds == 1
                ? "median and 99th percentile of each second"
                : $"median and worst 99th percentile of every {Quantity.Length(timeline.StepSeconds)}",
            Axis.Duration,
            Quantity.Duration,
            Line(timeline, "p50", tick => tick.P50, Blue),
            Line(timeline, "p99", tick => tick.P99, Orange, SeriesStyle.Dashed)
        );

    private static Plot Throughput(Timeline timeline)
    {
        var isSending = timeline.Ticks.Any(tick => tick.Sent + tick.Received > 0);
        var hasErrors = timeline.Ticks.Any(tick => tick.Errors > 0);
        return OverTime(
            timeline,
            "Throughput",
            "signals per second",
            Counts,
            PerSecond,
            [
                Line(timeline, "sent", tick => tick.Sent, Blue),
                Line(timeline, "received", tick => tick.Received, Aqua, SeriesStyle.Dashed),
                .. isSending && hasErrors ? [Line(timeline, "errors", tick => tick.Errors, Red)] : (Series[])[],
            ]
        );
    }

    private static Plot Connections(Timeline timeline) =>
        OverTime(
            timeline,
            "Connections",
            "sessions that listen",
            Counts,
            value => Quantity.Count((long)value),
            Line(timeline, "listening", tick => tick.Listening, Blue, SeriesStyle.Area)
        );

    private static Plot Connects(Timeline timeline) =>
        OverTime(
            timeline,
            "Connects",
            "sessions per second that began to listen",
            Counts,
            PerSecond,
            Line(timeline, "connects", tick => tick.Connects, Blue)
        );

    private static Plot Cpu(Timeline timeline, MachineReport? machine) =>
        OverTime(
            timeline,
            "CPU per process",
            machine is null ? "busy cores, stacked" : $"busy cores of {machine.Cores}, stacked",
            values => Axis.Linear(Highest(values), cores => cores == 1 ? "1 core" : $"{Quantity.Rounded(cores)} cores"),
            cores => $"{cores:0.00} cores",
            PerProcess(
                timeline,
                (tick, name) => tick.Cores.TryGetValue(name, out var cores) ? cores : null,
                SeriesStyle.Area
            )
        ) with
        {
            IsStacked = true,
        };

    private static Plot Memory(Timeline timeline) =>
        OverTime(
            timeline,
            "Memory per process",
            "resident memory",
            values =>
                Axis.Linear(Highest(values), Quantity.Size, unit: Highest(values) >= KiBPerGiB ? KiBPerGiB : KiBPerMiB),
            Quantity.Size,
            PerProcess(
                timeline,
                (tick, name) => tick.MemoryKiB.TryGetValue(name, out var size) ? size : null,
                SeriesStyle.Line
            )
        );

    private static Plot OverTime(
        Timeline timeline,
        string title,
        string note,
        Func<IReadOnlyList<double>, Axis> y,
        Func<double, string> describe,
        params IReadOnlyList<Series> series
    ) =>
        new()
        {
            Title = title,
            Note = note,
            X = Axis.Time(timeline.Seconds),
            Y = y,
            Places = [.. timeline.Ticks.Select(tick => (double)tick.Second)],
            Series = series,
            DescribePlace = second => $"at {Quantity.Length(second)}",
            Describe = describe,
        };

    private static Series Line(
        Timeline timeline,
        string name,
        Func<Tick, double?> value,
        int color,
        SeriesStyle style = SeriesStyle.Line
    ) => new(name, [.. timeline.Ticks.Select(value)], color, style);

    // In one order, so that a process has one color; as many as there are colors, the idlest taken together.
    private static IReadOnlyList<Series> PerProcess(
        Timeline timeline,
        Func<Tick, string, double?> value,
        SeriesStyle style
    )
    {
        var names = timeline
            .Ticks.SelectMany(tick => tick.Cores.Keys.Concat(tick.MemoryKiB.Keys))
            .Distinct()
            .OrderByDescending(name => timeline.Ticks.Sum(tick => tick.Cores.GetValueOrDefault(name)))
            .ToArray();
        var shown = names.Length <= Series.Colors ? names : names[..(Series.Colors - 1)];
        IEnumerable<(string Name, string[] Members)> groups =
        [
            .. shown.Order(StringComparer.Ordinal).Select(name => (name, (string[])[name])),
            .. shown.Length < names.Length ? [(Others, names[shown.Length..])] : ((string, string[])[])[],
        ];
        return
        [
            .. groups.Select(
                (group, index) => Line(timeline, group.Name, tick => Sum(tick, group.Members), index, style)
            ),
        ];

        double? Sum(Tick tick, string[] members)
        {
            var known = members.Select(name => value(tick, name)).OfType<double>().Where(double.IsFinite).ToArray();
            return known.Length > 0 ? known.Sum() : null;
        }
    }

    private static Axis Counts(IReadOnlyList<double> values) =>
        Axis.Linear(Highest(values), Quantity.Rounded, smallestStep: 1);

    private static double Highest(IReadOnlyList<double> values) => values.DefaultIfEmpty().Max();

    private static string PerSecond(double count) => $"{Quantity.Count((long)count)}/s";
}
