using SignalBroker.Storm.Results;
using Spectre.Console;

namespace SignalBroker.Storm.Reports;

/// <summary>Shows a load while it runs.</summary>
/// <remarks>A terminal is drawn over and over; what is no terminal gets a line every few seconds.</remarks>
public static class TerminalView
{
    private static readonly TimeSpan Redraw = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(5);

    /// <summary>Shows what the load has measured so far until the token is cancelled, and then how it ended.</summary>
    public static Task ShowAsync(Func<LoadReport> snapshot, CancellationToken until) =>
        ShowAsync(AnsiConsole.Console, TimeProvider.System, snapshot, until);

    /// <summary>The same on a console and by a clock of one's own.</summary>
    public static async Task ShowAsync(
        IAnsiConsole console,
        TimeProvider clock,
        Func<LoadReport> snapshot,
        CancellationToken until
    )
    {
        if (console.Profile.Capabilities.Interactive && console.Profile.Capabilities.Ansi)
        {
            await DrawAsync(console, clock, snapshot, until);
        }
        else
        {
            await WriteLinesAsync(console, clock, snapshot, until);
        }
    }

    private static Task DrawAsync(
        IAnsiConsole console,
        TimeProvider clock,
        Func<LoadReport> snapshot,
        CancellationToken until
    ) =>
        console
            .Live(Text.Empty)
            .Overflow(VerticalOverflow.Crop)
            .Cropping(VerticalOverflowCropping.Bottom)
            .StartAsync(async live =>
            {
                while (!until.IsCancellationRequested)
                {
                    live.UpdateTarget(TerminalPicture.Draw(snapshot()));
                    await PauseAsync(Redraw, clock, until);
                }

                live.UpdateTarget(TerminalPicture.Draw(snapshot()));
            });

    private static async Task WriteLinesAsync(
        IAnsiConsole console,
        TimeProvider clock,
        Func<LoadReport> snapshot,
        CancellationToken until
    )
    {
        // Past Spectre, which would break the lines of a file at 80 columns.
        var output = console.Profile.Out.Writer;
        while (!until.IsCancellationRequested)
        {
            await output.WriteLineAsync(TerminalLine.Write(snapshot()));
            await output.FlushAsync(CancellationToken.None);
            await PauseAsync(BetweenLines, clock, until);
        }

        // Spectre colors files as well where the environment names a terminal.
        var plain = AnsiConsole.Create(
            new()
            {
                Ansi = AnsiSupport.No,
                ColorSystem = ColorSystemSupport.NoColors,
                Out = console.Profile.Out,
            }
        );
        plain.Profile.Width = console.Profile.Width;
        plain.Write(TerminalPicture.Draw(snapshot()));
    }

    private static async Task PauseAsync(TimeSpan pause, TimeProvider clock, CancellationToken until) =>
        await Task.Delay(pause, clock, until).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
