using SignalBroker.Storm.Results;
using SignalBroker.Storm.Wording;

namespace SignalBroker.Storm.Reports;

/// <summary>A load in one line, for logs.</summary>
public static class TerminalLine
{
    private const int MaxCodes = 3;

    public static string Write(LoadReport report) => Words.Printable(string.Join("  ", Parts(report)));

    private static IEnumerable<string> Parts(LoadReport report)
    {
        yield return $"{Quantity.Length(report.Seconds)}:";
        yield return $"{report.Load} {report.Phase}{(report.Progress is { } progress ? $" {Percent(progress)}" : "")}";
        yield return $"{Quantity.Count(report.Totals.Listening)} listening";
        var tick = report.Timeline is [.., var last] ? last : null;
        if (tick is { Connects: > 0 })
        {
            yield return $"{Quantity.Count(tick.Connects)} connects/s";
        }

        if (report.Totals.Sent > 0)
        {
            yield return $"{Quantity.Count(tick?.Sent ?? 0)} sent/s";
            yield return $"{Quantity.Count(tick?.Received ?? 0)} received/s";
        }

        if (tick is { P50: { } median, P99: { } worst })
        {
            yield return $"p50 {Quantity.Duration(median)}, p99 {Quantity.Duration(worst)}";
        }

        if (report.Pokes is { Tree: { Started: > 0 } trees })
        {
            yield return $"trees {trees.Complete} complete, {trees.Partial} partial, {trees.Failed} failed";
        }

        yield return $"{Quantity.Count(report.Totals.Errors)} errors{Codes(report)}";
    }

    /// <summary>Whole percents; never 100 before the end.</summary>
    public static string Percent(double progress) => $"{Math.Floor(Done(progress) * 100):0}%";

    /// <summary>From 0 to 1, whatever was computed.</summary>
    public static double Done(double progress) => double.IsNaN(progress) ? 0 : Math.Clamp(progress, 0, 1);

    private static string Codes(LoadReport report)
    {
        var codes = report
            .Errors.OrderByDescending(error => error.Value)
            .Take(MaxCodes)
            .Select(error => $"{error.Key} {Quantity.Count(error.Value)}")
            .Concat(report.Errors.Count > MaxCodes ? ["…"] : []);
        return report.Errors.Count == 0 ? "" : $" ({string.Join(", ", codes)})";
    }
}
