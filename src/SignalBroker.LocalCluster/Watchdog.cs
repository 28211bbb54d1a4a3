using System.Diagnostics;

namespace SignalBroker.LocalCluster;

/// <summary>A process beside this one that ends all parts when this one has ended, in whatever way.</summary>
internal sealed class Watchdog : IAsyncDisposable
{
    private readonly Process _process;

    private Watchdog(Process process) => _process = process;

    public static Watchdog Start(string dataFolder, string logFile)
    {
        string[] arguments = ["sh", Path.Combine(AppContext.BaseDirectory, "watchdog.sh"), dataFolder, logFile];
        var start = new ProcessStartInfo("setsid", arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            WorkingDirectory = "/",
        };
        return new Watchdog(Process.Start(start)!);
    }

    /// <summary>Ends all parts, removes the data and returns when nothing is left.</summary>
    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
