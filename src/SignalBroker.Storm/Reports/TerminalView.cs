using SignalBroker.Storm.Results;
using Spectre.Console;

namespace SignalBroker.Storm.Reports;

/// <summary>Shows a load while it runs.</summary>
/// <remarks>A terminal is redrawn over and over; anything else gets a line every few seconds.</remarks>
public static class TerminalView
{
    private static readonly TimeSpan Redraw = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(5);

    /// <summary>Shows what the load has measured so far until the token is cancelled, and then how it ended.</summary>
    public static async Task ShowAsync(
        IAnsiConsole console,
        TimeProvider clock,
        Func<LoadReport> snapshot,
        CancellationToken until
    )
    {
        if (console.Profile.Capabilities is { Interactive: true, Ansi: true })
        {
            await console
                .Live(Text.Empty)
                .Overflow(VerticalOverflow.Crop)
                .Cropping(VerticalOverflowCropping.Bottom)
                .StartAsync(DrawAsync);
        }
        else
        {
            await WriteLinesAsync();
        }

        async Task DrawAsync(LiveDisplayContext live)
        {
            while (!until.IsCancellationRequested)
            {
                live.UpdateTarget(TerminalPicture.Draw(snapshot()));
                await PauseAsync(Redraw);
            }

            live.UpdateTarget(TerminalPicture.Draw(snapshot()));
        }

        async Task WriteLinesAsync()
        {
            // Not through Spectre, which would break the lines of a file at 80 columns.
            var output = console.Profile.Out.Writer;
            while (!until.IsCancellationRequested)
            {
                await output.WriteLineAsync(TerminalLine.Write(snapshot()));
                await output.FlushAsync(CancellationToken.None);
                await PauseAsync(BetweenLines);
            }

            // Spectre colors files as well where the environment names a terminal.
            console.Profile.Capabilities.Ansi = false;
            console.Profile.Capabilities.ColorSystem = ColorSystem.NoColors;
            console.Write(TerminalPicture.Draw(snapshot()));
        }

        async Task PauseAsync(TimeSpan pause) =>
            await Task.Delay(pause, clock, until).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
