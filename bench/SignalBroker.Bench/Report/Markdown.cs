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
        var targets = Targets.Judge(report);
        if (targets.Count > 0)
        {
            Heading(text, "Targets", origin: null);
            Table(
                text,
                ["what", "wanted", "measured", "met"],
                targets.Select(target =>
                    new[] { target.What, target.Wanted, target.Measured, target.Met ? "yes" : "**no**" }
                )
            );
        }

        Exchange(text, report.Exchange);
        Connects(text, report.Connects);
        Kill(text, report.Kill);
        Growth(text, report.Growth);
        Storm(text, report.Storm);
        Sessions(text, report.Sessions);
        Headline(text, report.Headline);
        return text.ToString();
    }

    private static void Exchange(StringBuilder text, SignalsSection? section)
    {
        if (section is null)
        {
            return;
        }

        Heading(text, $"Signals, {section.Listeners:N0} listeners", section.Origin);
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

    private static void Connects(StringBuilder text, ConnectsSection? section)
    {
        if (section is null)
        {
            return;
        }

        Heading(text, "Connects and memory", section.Origin);
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

    private static void Kill(StringBuilder text, KillSection? section)
    {
        if (section is null)
        {
            return;
        }

        Heading(text, "One server killed and started again", section.Origin);
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

    private static void Growth(StringBuilder text, GrowthSection? section)
    {
        if (section is null)
        {
            return;
        }

        Heading(text, "Cost growth", section.Origin);
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

    private static void Storm(StringBuilder text, StormSection? section)
    {
        if (section is null)
        {
            return;
        }

        Heading(text, $"{section.Listeners:N0} sockets cut at once", section.Origin);
        text.Append($"All come back, {section.AtOnce} at a time.\n\n");
        Table(
            text,
            ["system", "first connect", "all listen again after", "failed attempts"],
            section.Rows.Select(row =>
                new[] { row.System, $"{row.ConnectSeconds:F1} s", $"{row.ReconnectSeconds:F1} s", $"{row.Failed}" }
            )
        );
    }

    private static void Sessions(StringBuilder text, SessionsSection? section)
    {
        if (section is null)
        {
            return;
        }

        Heading(text, "Many sessions in the table", section.Origin);
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

    private static void Headline(StringBuilder text, HeadlineSection? section)
    {
        if (section is null)
        {
            return;
        }

        Heading(text, $"{section.Signals:N0} signals", section.Origin);
        text.Append(
            $"All have arrived after {Text.Of(section.Seconds, "F1")} s, with {section.Errors} errors. The original project took 20 s, with 1 % errors.\n"
        );
    }

    private static string Milliseconds(Spread microseconds) =>
        Text.Of(Spread.Of(microseconds.Runs, run => run / 1000), "F2");

    private static void Heading(StringBuilder text, string heading, Origin? origin)
    {
        text.Append($"## {heading}\n\n");
        if (origin is not null)
        {
            text.Append(
                $"{origin.Date:yyyy-MM-dd}, {origin.Machine}; "
                    + string.Join(", ", origin.Versions.Select(program => $"{program.Key} {program.Value}"))
                    + ".\n\n"
            );
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
