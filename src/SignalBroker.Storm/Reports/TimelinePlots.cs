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

    public static IEnumerable<Plot> Of(LoadReport report)
    {
        var timeline = Timeline.Of(report.Timeline);
        if (timeline.Ticks.Any(tick => tick.P50 is not null || tick.P99 is not null))
        {
            yield return Latency(timeline);
        }

        if (timeline.Ticks.Any(tick => tick.Sent + tick.Received > 0))
        {
            yield return Throughput(timeline);
        }

        if (timeline.Ticks.Any(tick => tick.Listening > 0))
        {
            yield return Listeners(timeline);
        }

        if (timeline.Ticks.Any(tick => tick.Connects > 0))
        {
            yield return Connects(timeline);
        }

        if (timeline.Ticks.Any(tick => tick.Cores.Count > 0))
        {
            yield return ProcessPlots.Cpu(timeline, report.Machine);
        }

        if (timeline.Ticks.Any(tick => tick.MemoryKiB.Count > 0))
        {
            yield return ProcessPlots.Memory(timeline);
        }
    }

    /// <summary>The width of a step around each tick, and what is said of it.</summary>
    public static IReadOnlyList<Tip> Tips(Timeline timeline, Func<Tick, IEnumerable<string>> lines) =>
        [
            .. timeline.Ticks.Select(tick => new Tip(
                tick.Second - (timeline.StepSeconds / 2.0),
                tick.Second + (timeline.StepSeconds / 2.0),
                string.Join('\n', lines(tick).Prepend($"at {Quantity.Length(tick.Second)}"))
            )),
        ];

    private static Plot Latency(Timeline timeline)
    {
        var values = timeline.Ticks.SelectMany(tick => (long?[])[tick.P50, tick.P99]).OfType<long>();
        return new()
        {
            Title = "Latency over time",
            Note =
                timeline.StepSeconds == 1
                    ? "median and 99th percentile of each second"
                    : $"median and worst 99th percentile of every {Quantity.Length(timeline.StepSeconds)}",
            X = Axis.Time(timeline.Seconds),
            Y = Axis.Duration([.. values.Select(value => (double)value)]),
            Series =
            [
                Line(timeline, "p50", tick => tick.P50, Blue),
                Line(timeline, "p99", tick => tick.P99, Orange) with
                {
                    Style = SeriesStyle.Dashed,
                },
            ],
            Tips = Tips(timeline, tick => [$"p50 {Duration(tick.P50)}", $"p99 {Duration(tick.P99)}"]),
        };
    }

    private static Plot Throughput(Timeline timeline)
    {
        List<Series> series =
        [
            Line(timeline, "sent", tick => tick.Sent, Blue),
            Line(timeline, "received", tick => tick.Received, Aqua) with
            {
                Style = SeriesStyle.Dashed,
            },
        ];
        if (timeline.Ticks.Any(tick => tick.Errors > 0))
        {
            series.Add(Line(timeline, "errors", tick => tick.Errors, Red));
        }

        return new()
        {
            Title = "Throughput",
            Note = "signals per second",
            X = Axis.Time(timeline.Seconds),
            Y = Counts(series),
            Series = series,
            Tips = Tips(
                timeline,
                tick =>
                    [
                        $"sent {Quantity.Count(tick.Sent)}/s",
                        $"received {Quantity.Count(tick.Received)}/s",
                        $"errors {Quantity.Count(tick.Errors)}/s",
                    ]
            ),
        };
    }

    private static Plot Listeners(Timeline timeline)
    {
        Series[] series = [Area(timeline, "listening", tick => tick.Listening, Blue)];
        return new()
        {
            Title = "Connections",
            Note = "sessions that listen",
            X = Axis.Time(timeline.Seconds),
            Y = Counts(series),
            Series = series,
            Tips = Tips(timeline, tick => [$"listening {Quantity.Count(tick.Listening)}"]),
        };
    }

    private static Plot Connects(Timeline timeline)
    {
        Series[] series = [Line(timeline, "connects", tick => tick.Connects, Blue)];
        return new()
        {
            Title = "Connects",
            Note = "sessions per second that began to listen",
            X = Axis.Time(timeline.Seconds),
            Y = Counts(series),
            Series = series,
            Tips = Tips(timeline, tick => [$"connects {Quantity.Count(tick.Connects)}/s"]),
        };
    }

    private static Axis Counts(IEnumerable<Series> series) =>
        Axis.Linear(
            series.SelectMany(line => line.Points).Max(point => point.Y ?? 0),
            Quantity.Rounded,
            smallestStep: 1
        );

    private static Series Line(Timeline timeline, string name, Func<Tick, long?> value, int color) =>
        new(name, [.. timeline.Ticks.Select(tick => new Point(tick.Second, value(tick)))], color);

    private static Series Area(Timeline timeline, string name, Func<Tick, long?> value, int color) =>
        Line(timeline, name, value, color) with
        {
            Style = SeriesStyle.Area,
        };

    private static string Duration(long? microseconds) =>
        microseconds is { } value ? Quantity.Duration(value) : "not measured";
}
