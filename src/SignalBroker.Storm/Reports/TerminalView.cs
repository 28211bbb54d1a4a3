using SignalBroker.Storm.Results;

namespace SignalBroker.Storm.Reports;

/// <summary>Shows a load while it runs.</summary>
public static class TerminalView
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    /// <summary>Shows what the load has measured so far until the token is cancelled, and then how it ended.</summary>
    public static async Task ShowAsync(Func<LoadReport> snapshot, CancellationToken until)
    {
        while (!until.IsCancellationRequested)
        {
            Write(snapshot());
            await Task.Delay(Pause, TimeProvider.System, until).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        Write(snapshot());
    }

    private static void Write(LoadReport report) =>
        Console.WriteLine($"{report.Load} {report.Phase}: {report.Totals.Listening} listening");
}
