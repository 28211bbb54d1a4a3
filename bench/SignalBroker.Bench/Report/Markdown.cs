namespace SignalBroker.Bench.Report;

/// <summary>Renders a report as Markdown.</summary>
public static class Markdown
{
    private const string Introduction = """
        # Benchmark

        `make bench` writes this file; `bench/README.md` says how each figure is measured and what it means. Medians, with
        the lowest and the highest run in parentheses. Everything, the load generator included, shares one machine: ratios
        travel to other machines, absolute numbers do not. CPU times are the steadiest figures.
        """;

    /// <summary>The whole document.</summary>
    public static string Render(BenchmarkReport report)
    {
        string?[] parts =
        [
            Introduction,
            report.Newest?.Describe(),
            TargetTable(report),
            Part(report.Exchange, Exchange),
            Part(report.Connects, Connects),
            Part(report.Calls, Calls),
            Part(report.Kill, Kill),
            Part(report.Growth, Growth),
            Part(report.Storm, Storm),
            Part(report.Sessions, Sessions),
            Part(report.Headline, Headline),
        ];
        return string.Join("\n\n", parts.OfType<string>()) + "\n";

        // A section of another day may be of another machine, or of other versions.
        string? Part<T>(T? section, Func<T, (string Heading, string Text)> render)
            where T : Section
        {
            if (section is null)
            {
                return null;
            }

            var (heading, text) = render(section);
            var origin = section.Origin.IsLike(report.Newest!) ? "" : $"{section.Origin.Describe()}\n\n";
            return $"## {heading}\n\n{origin}{text}";
        }
    }

    private static string? TargetTable(BenchmarkReport report)
    {
        var targets = Targets.Judge(report);
        var rows = targets.Select(target =>
            $"{target.What} | {target.Wanted} | {target.Measured} | {(target.Met ? "yes" : "**no**")}"
        );
        return targets.Count > 0 ? $"## Targets\n\n{Table("what | wanted | measured | met", rows)}" : null;
    }

    private static (string Heading, string Text) Exchange(SignalsSection section)
    {
        var sizes = section.Rows[0].Saturated.Select(signals => signals.Size).ToArray();
        var saturated = sizes.Select(size =>
            $"""
            As many as each takes, {size:N0} B:

            {Table(
                "system | senders | signals/s | servers' CPU µs per signal | by role | refused | lost",
                section.Rows.Select(row => Row(row, row.Saturated.Single(one => one.Size == size)))
            )}
            """
        );
        var text = $"""
            {string.Join("\n\n", saturated)}

            ¹ It gives its senders no answer: each waits until its signal has arrived.

            {section.PerRequest} signals in each request, {sizes[0]:N0} B:

            {Table(
                "system | signals/s | servers' CPU µs per signal | by role | refused | lost",
                section.Rows.Where(row => row.Several is not null).Select(row => Several(row.System, row.Several!))
            )}

            Latency at {section.Rate}/s, {sizes[0]:N0} B, from the moment when a signal was due:

            {Table(
                "system | p50 ms | p99 ms",
                section.Rows.Select(row => $"{row.System} | {Milliseconds(row.P50)} | {Milliseconds(row.P99)}")
            )}
            """;
        return ($"Signals, {section.Listeners:N0} listeners", text);

        static string Several(string system, SaturatedSignals signals) =>
            $"{system} | {Text.Of(signals.PerSecond)} | {Text.Of(Spread.OfServers(signals.CpuMicroseconds))} | "
            + $"{Text.Of(signals.CpuMicroseconds)} | {signals.Failed} | {signals.Lost}";

        static string Row(SignalsRow row, SaturatedSignals signals) =>
            $"{row.System} | {row.Senders}{(row.Answers ? "" : " ¹")} | {Text.Of(signals.PerSecond)} | "
            + $"{Text.Of(Spread.OfServers(signals.CpuMicroseconds))} | {Text.Of(signals.CpuMicroseconds)} | "
            + $"{signals.Failed} | {signals.Lost}";
    }

    private static (string Heading, string Text) Connects(ConnectsSection section) =>
        (
            "Connects and memory",
            Table(
                $"system | connects/s | CPU µs per connect | KiB per listener at {section.Listeners:N0} | in use by Erlang",
                section.Rows.Select(row =>
                    $"{row.System} | {Text.Of(row.PerSecond)} | {Text.Of(row.CpuMicroseconds)} | {row.KiBPerListener:F1} | "
                    + $"{row.ErlangKiBPerListener:F1}"
                )
            )
        );

    private static (string Heading, string Text) Calls(CallsSection section) =>
        (
            "Calls set up",
            $"""
            What pages in Chromium sent to set up a video call, sent again between {section.AtOnce} pairs at the same time.

            {Table(
                "system | signals | requests | KB | calls/s | servers' CPU µs per call | by role",
                section.Rows.Select(row =>
                    $"{row.System} | {row.Signals} | {row.Requests} | {row.Bytes / 1000.0:F1} | {Text.Of(row.PerSecond)} | "
                    + $"{Text.Of(Spread.OfServers(row.CpuMicroseconds))} | {Text.Of(row.CpuMicroseconds)}"
                )
            )}
            """
        );

    private static (string Heading, string Text) Kill(KillSection section)
    {
        var text = $"""
            {section.Listeners:N0} listeners, {section.Rate} signals per second for {section.Seconds:F0} s.

            {Table(
                "system | killed | sockets dropped | all listen again after | signals | not arrived | "
                    + "of them told to the sender | accepted and lost",
                section.Rows.Select(row =>
                    $"{row.System} | {row.Killed} | {row.SocketsDropped} | {Again(row)} | {row.Sent:N0} | {row.Missing} | "
                    + $"{row.Missing - row.Lost} | {row.Lost}"
                )
            )}
            """;
        return ("One server killed and started again", text);

        static string Again(KillRow row) =>
            row.SocketsDropped == 0 ? "–"
            : row.SecondsToListen is { } seconds ? $"{seconds:F1} s"
            : "not within the run";
    }

    private static (string Heading, string Text) Growth(GrowthSection section) =>
        (
            "Cost growth",
            $"""
            What a signal costs with more servers. The last column is informative only: they all share this machine.

            {Table(
                $"system | servers | servers' CPU µs per signal at {section.Rate:N0}/s | by role | signals/s saturated",
                section.Rows.Select(row =>
                    $"{row.System} | {row.Servers} | {Text.Of(row.ServersCpuMicroseconds)} | "
                    + $"{Text.Of(row.CpuMicroseconds)} | {Text.Of(row.SaturatedPerSecond)}"
                )
            )}
            """
        );

    private static (string Heading, string Text) Storm(StormSection section) =>
        (
            $"{section.Listeners:N0} sockets cut at once",
            $"""
            All come back, {section.AtOnce} at a time.

            {Table(
                "system | first connect | all listen again after | failed attempts",
                section.Rows.Select(row =>
                    $"{row.System} | {row.ConnectSeconds:F1} s | {row.ReconnectSeconds:F1} s | {row.Failed}"
                )
            )}
            """
        );

    private static (string Heading, string Text) Sessions(SessionsSection section) =>
        (
            "Many sessions in the table",
            Table(
                "sessions of others | connects/s | signals/s | p50 ms | p99 ms",
                section.Rows.Select(row =>
                    $"{row.Sessions:N0} | {Text.Of(row.ConnectsPerSecond)} | {Text.Of(row.SignalsPerSecond)} | "
                    + $"{Milliseconds(row.P50)} | {Milliseconds(row.P99)}"
                )
            )
        );

    private static (string Heading, string Text) Headline(HeadlineSection section) =>
        (
            $"{section.Signals:N0} signals",
            $"""
            The original project took 20 s, with 1 % errors.

            {Table(
                "system | all have arrived after | errors",
                section.Rows.Select(row => $"{row.System} | {Text.Of(row.Seconds, "F1")} s | {row.Errors}")
            )}
            """
        );

    private static string Milliseconds(Spread microseconds) =>
        Text.Of(Spread.Of(microseconds.Runs, run => run / 1000), "F2");

    private static string Table(string head, IEnumerable<string> rows)
    {
        var line = string.Join(" | ", head.Split('|').Select(_ => "---"));
        return string.Join('\n', rows.Prepend(line).Prepend(head).Select(row => $"| {row} |"));
    }
}
