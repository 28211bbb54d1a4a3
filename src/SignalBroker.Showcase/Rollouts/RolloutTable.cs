using System.Globalization;
using SignalBroker.Storm.Results;

namespace SignalBroker.Showcase.Rollouts;

/// <summary>The acts of a rollout as a table for the terminal.</summary>
public static class RolloutTable
{
    public static string Write(IReadOnlyList<LoadReport> reports)
    {
        string[][] rows =
        [
            [
                "",
                "sent",
                "failed",
                "lost",
                "doubled",
                "overtaken",
                "sockets lost",
                "moved",
                "p50",
                "p99",
                "during moves, p99",
            ],
            .. reports.Select(report =>
                (string[])
                    [
                        report.Title,
                        Count(report.Totals.Sent),
                        Count(report.Totals.Errors),
                        Count(report.Totals.Lost),
                        Count((long)report.ValueOf(RolloutReport.Doubled)),
                        Count((long)report.ValueOf(RolloutReport.Overtaken)),
                        Count(report.Totals.Dropped),
                        Count((long)report.ValueOf(RolloutReport.Moved)),
                        Milliseconds(report.Latencies["delivery"].P50),
                        Milliseconds(report.Latencies["delivery"].P99),
                        Milliseconds(report.ValueOf(RolloutReport.Gap)),
                    ]
            ),
        ];
        int[] widths = [.. rows[0].Select((_, column) => rows.Max(row => row[column].Length))];
        return string.Join(
            '\n',
            rows.Select(row =>
                string.Join(
                    "  ",
                    row.Select(
                        (cell, column) => column == 0 ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column])
                    )
                )
            )
        );
    }

    private static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    private static string Milliseconds(double microseconds) =>
        microseconds == 0 ? "" : (microseconds / 1000).ToString("N1", CultureInfo.InvariantCulture) + " ms";
}
