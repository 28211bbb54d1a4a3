using System.Text;

namespace SignalBroker.Bench.Report;

/// <summary>Renders a report as Markdown.</summary>
public static class Markdown
{
    /// <summary>The whole document.</summary>
    public static string Render(BenchmarkReport report)
    {
        var text = new StringBuilder("# Benchmark\n\n");
        text.Append(
            """
            `make bench` writes this file; `bench/README.md` says how each figure is measured and what it means. Medians, with
            the lowest and the highest run in parentheses. Everything, the load generator included, shares one machine: ratios
            travel to other machines, absolute numbers do not. CPU times are the steadiest figures.


            """
        );
        text.Append(report.Newest is { } newest ? $"{newest.Describe()}\n\n" : "");
        var targets = Targets.Judge(report);
        if (targets.Count > 0)
        {
            text.Append("## Targets\n\n");
            Table(
                text,
                ["what", "wanted", "measured", "met"],
                targets.Select(target =>
                    new[] { target.What, target.Wanted, target.Measured, target.Met ? "yes" : "**no**" }
                )
            );
        }

        Exchange(text, report);
        Connects(text, report);
        Kill(text, report);
        Growth(text, report);
        Storm(text, report);
        Sessions(text, report);
        Headline(text, report);
        return text.ToString();
    }

    private static void Exchange(StringBuilder text, BenchmarkReport report)
    {
        if (report.Exchange is not { } section)
        {
            return;
        }

        Heading(text, $"Signals, {section.Listeners:N0} listeners", section.Origin, report);
        foreach (var size in section.Rows[0].Saturated.Select(row => row.Size))
        {
            text.Append($"As many as each takes, {size:N0} B:\n\n");
            Table(
                text,
                ["system", "senders", "signals/s", "CPU µs per signal", "refused", "lost"],
                section.Rows.Select(row =>
                {
                    var saturated = row.Saturated.Single(one => one.Size == size);
                    return new[]
                    {
                        row.System,
                        row.Answers ? $"{row.Senders}" : $"{row.Senders} ¹",
                        Text.Of(saturated.PerSecond),
                        Text.Of(saturated.CpuMicroseconds),
                        $"{saturated.Failed}",
                        $"{saturated.Lost}",
                    };
                })
            );
        }

        text.Append("¹ It gives its senders no answer: each waits until its signal has arrived.\n\n");
        text.Append(
            $"Latency at {section.Rate}/s, {section.Rows[0].Saturated[0].Size:N0} B, from the moment when a signal was due:\n\n"
        );
        Table(
            text,
            ["system", "p50 ms", "p99 ms"],
            section.Rows.Select(row => new[] { row.System, Milliseconds(row.P50), Milliseconds(row.P99) })
        );
    }

    private static void Connects(StringBuilder text, BenchmarkReport report)
    {
        if (report.Connects is not { } section)
        {
            return;
        }

        Heading(text, "Connects and memory", section.Origin, report);
        Table(
            text,
            ["system", "connects/s", "CPU µs per connect", $"KiB per listener at {section.Listeners:N0}"],
            section.Rows.Select(row =>
                new[]
                {
                    row.System,
                    Text.Of(row.PerSecond),
                    Text.Of(row.CpuMicroseconds),
                    row.KiBPerListener.ToString("F1"),
                }
            )
        );
    }

    private static void Kill(StringBuilder text, BenchmarkReport report)
    {
        if (report.Kill is not { } section)
        {
            return;
        }

        Heading(text, "One server killed and started again", section.Origin, report);
        text.Append(
            $"{section.Listeners:N0} listeners, {section.Rate} signals per second for {section.Seconds:F0} s.\n\n"
        );
        Table(
            text,
            [
                "system",
                "killed",
                "sockets dropped",
                "all listen again after",
                "signals",
                "not arrived",
                "of them told to the sender",
                "accepted and lost",
            ],
            section.Rows.Select(row =>
                new[]
                {
                    row.System,
                    row.Killed,
                    $"{row.SocketsDropped}",
                    row.SocketsDropped == 0 ? "–"
                    : row.SecondsToListen is { } seconds ? $"{seconds:F1} s"
                    : "not within the run",
                    $"{row.Sent:N0}",
                    $"{row.Missing}",
                    $"{row.Missing - row.Lost}",
                    $"{row.Lost}",
                }
            )
        );
    }

    private static void Growth(StringBuilder text, BenchmarkReport report)
    {
        if (report.Growth is not { } section)
        {
            return;
        }

        Heading(text, "Cost growth", section.Origin, report);
        text.Append(
            "What a signal costs with more servers. The last column is informative only: they all share this machine.\n\n"
        );
        Table(
            text,
            [
                "system",
                "servers",
                $"servers' CPU µs per signal at {section.Rate:N0}/s",
                "by role",
                "signals/s saturated",
            ],
            section.Rows.Select(row =>
                new[]
                {
                    row.System,
                    row.Servers,
                    Text.Of(row.ServersCpuMicroseconds),
                    Text.Of(row.CpuMicroseconds),
                    Text.Of(row.SaturatedPerSecond),
                }
            )
        );
    }

    private static void Storm(StringBuilder text, BenchmarkReport report)
    {
        if (report.Storm is not { } section)
        {
            return;
        }

        Heading(text, $"{section.Listeners:N0} sockets cut at once", section.Origin, report);
        text.Append($"All come back, {section.AtOnce} at a time.\n\n");
        Table(
            text,
            ["system", "first connect", "all listen again after", "failed attempts"],
            section.Rows.Select(row =>
                new[] { row.System, $"{row.ConnectSeconds:F1} s", $"{row.ReconnectSeconds:F1} s", $"{row.Failed}" }
            )
        );
    }

    private static void Sessions(StringBuilder text, BenchmarkReport report)
    {
        if (report.Sessions is not { } section)
        {
            return;
        }

        Heading(text, "Many sessions in the table", section.Origin, report);
        Table(
            text,
            ["sessions of others", "connects/s", "signals/s", "p50 ms", "p99 ms"],
            section.Rows.Select(row =>
                new[]
                {
                    $"{row.Sessions:N0}",
                    Text.Of(row.ConnectsPerSecond),
                    Text.Of(row.SignalsPerSecond),
                    Milliseconds(row.P50),
                    Milliseconds(row.P99),
                }
            )
        );
    }

    private static void Headline(StringBuilder text, BenchmarkReport report)
    {
        if (report.Headline is not { } section)
        {
            return;
        }

        Heading(text, $"{section.Signals:N0} signals", section.Origin, report);
        text.Append(
            $"All have arrived after {Text.Of(section.Seconds, "F1")} s, with {section.Errors} errors. The original project took 20 s, with 1 % errors.\n"
        );
    }

    private static string Milliseconds(Spread microseconds) =>
        Text.Of(Spread.Of(microseconds.Runs, run => run / 1000), "F2");

    // A section of another day may be of another machine, or of other versions.
    private static void Heading(StringBuilder text, string heading, Origin origin, BenchmarkReport report)
    {
        text.Append($"## {heading}\n\n");
        if (!origin.IsLike(report.Newest!))
        {
            text.Append($"{origin.Describe()}\n\n");
        }
    }

    private static void Table(StringBuilder text, string[] head, IEnumerable<string[]> rows)
    {
        Row(head);
        Row([.. head.Select(_ => "---")]);
        foreach (var row in rows)
        {
            Row(row);
        }

        text.Append('\n');

        void Row(string[] cells) => text.Append($"| {string.Join(" | ", cells)} |\n");
    }
}
