using SignalBroker.Storm.Reports;
using SignalBroker.Storm.Results;
using Spectre.Console;

namespace SignalBroker.Storm.Tests.Reports;

/// <summary>What a terminal and a log show.</summary>
public sealed class TerminalViewTests
{
    public static TheoryData<string, LoadReport> Every =>
        new()
        {
            { "nothing measured", Samples.Empty },
            { "one second", Samples.OneSecond },
            { "a rate", Samples.Exchange },
            { "trees", Samples.Pokes },
            { "huge values", Samples.Extreme },
            { "broken values", Samples.Broken },
        };

    [Theory]
    [MemberData(nameof(Every), DisableDiscoveryEnumeration = true)]
    public void A_picture_is_never_wider_than_the_terminal(string what, LoadReport report)
    {
        foreach (var width in (int[])[40, 60, 80, 120])
        {
            var lines = Render(report, width);

            lines.ShouldAllBe(line => line.Length <= width, $"{what} at {width}");
        }
    }

    [Fact]
    public void In_80_columns_everything_can_be_read()
    {
        var lines = Render(Samples.Exchange with { Phase = "running", Progress = 0.42 }, 80);

        lines.Length.ShouldBeLessThan(25);
        var all = string.Join('\n', lines);
        all.ShouldContain("42%");
        all.ShouldContain("exchange running, 5 min");
        lines.Single(line => line.StartsWith("sent ", StringComparison.Ordinal)).ShouldContain("143,012");
        lines.Single(line => line.StartsWith("sent ", StringComparison.Ordinal)).ShouldContain("1,998");
        lines.Single(line => line.Contains("delivery")).ShouldContain("903 µs");
        lines.Single(line => line.Contains("p99.9")).ShouldContain("longest");
        all.ShouldContain("node-1 0.");
        lines.Single(line => line.Contains("rateLimited")).ShouldContain("16");
        all.ShouldNotContain("…");
    }

    [Fact]
    public void Trees_are_shown_by_their_outcome() =>
        string.Join('\n', Render(Samples.Pokes, 80)).ShouldContain("trees 100 begun: 93 complete, 5 partial, 1 failed");

    [Fact]
    public void Foreign_text_is_neither_markup_nor_a_terminal_s_command()
    {
        var report = Samples.Empty with
        {
            Title = "[red]a[/] \e[2J",
            Phase = "[bold",
            Errors = new Dictionary<string, long> { ["[/]\e]0;title\a\n"] = 1 },
        };

        var all = string.Join('\n', Render(report, 80));

        all.ShouldContain("[red]a[/] ?[2J");
        all.ShouldContain("[bold");
        all.ShouldContain("[/]?]0;title??");
        all.ShouldNotContain('\e');
        TerminalLine.Write(report).ShouldNotContain('\e');
        TerminalLine.Write(report).ShouldNotContain('\n');
    }

    [Fact]
    public void A_line_says_how_the_load_is_doing()
    {
        var report = Samples.Exchange with
        {
            Phase = "running",
            Progress = 0.999,
            Seconds = 75,
            Timeline =
            [
                new()
                {
                    Second = 75,
                    Connects = 3,
                    Sent = 501,
                    Received = 499,
                    P50 = 900,
                    P99 = 2_100,
                },
            ],
        };

        TerminalLine
            .Write(report)
            .ShouldBe(
                "75 s:  exchange running 99%  1,998 listening  3 connects/s  501 sent/s  499 received/s"
                    + "  p50 900 µs, p99 2.1 ms  62 errors (unknown 44, rateLimited 16, socket closed: 1006 2)"
            );
    }

    [Fact]
    public async Task Output_that_is_not_a_terminal_gets_lines_and_then_the_whole_picture()
    {
        var output = await ShowAsync(InteractionSupport.No);

        output.ShouldContain("1 s:  exchange running");
        output.ShouldContain("2 s:  exchange running");
        output.ShouldContain("longest");
        output.ShouldNotContain('\e');
    }

    [Fact]
    public async Task A_terminal_is_drawn_over_and_over_and_keeps_the_last_picture()
    {
        var output = await ShowAsync(InteractionSupport.Yes);

        output.ShouldContain(", 1 s");
        output
            .LastIndexOf(", 1 s", StringComparison.Ordinal)
            .ShouldBeLessThan(output.LastIndexOf(", 4 s", StringComparison.Ordinal));
    }

    /// <summary>Shows a load that is over after it was looked at three times.</summary>
    private static async Task<string> ShowAsync(InteractionSupport terminal)
    {
        using var over = new CancellationTokenSource();
        using var writer = new StringWriter();
        var looks = 0;
        LoadReport Look()
        {
            looks++;
            if (looks == 3)
            {
                over.Cancel();
            }

            return Samples.Exchange with
            {
                Phase = "running",
                Seconds = looks,
            };
        }

        await TerminalView.ShowAsync(
            ConsoleOf(writer, AnsiSupport.Yes, terminal, 80),
            new InstantClock(),
            Look,
            over.Token
        );
        return writer.ToString();
    }

    private static string[] Render(LoadReport report, int width)
    {
        using var writer = new StringWriter();
        ConsoleOf(writer, AnsiSupport.No, InteractionSupport.No, width).Write(TerminalPicture.Draw(report));
        return writer.ToString().TrimEnd().Split('\n');
    }

    private static IAnsiConsole ConsoleOf(StringWriter writer, AnsiSupport ansi, InteractionSupport terminal, int width)
    {
        var console = AnsiConsole.Create(
            new()
            {
                Ansi = ansi,
                ColorSystem = ansi == AnsiSupport.Yes ? ColorSystemSupport.TrueColor : ColorSystemSupport.NoColors,
                Interactive = terminal,
                Out = new AnsiConsoleOutput(writer),
            }
        );
        console.Profile.Width = width;
        console.Profile.Height = 40;
        return console;
    }

    /// <summary>A clock on which every wait is over at once.</summary>
    private sealed class InstantClock : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, TimeSpan.Zero, period);
    }
}
