using System.Diagnostics;

namespace SignalBroker.LocalCluster;

/// <summary>A process beside this one that ends all parts when this one has ended, in whatever way.</summary>
internal sealed class Watchdog(string dataFolder, string logFile) : IAsyncDisposable
{
    private static readonly string Script = Path.Combine(AppContext.BaseDirectory, "watchdog.sh");

    private readonly Process process = Process.Start(
        new ProcessStartInfo("setsid", ["sh", Script, dataFolder, logFile])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            WorkingDirectory = "/",
        }
    )!;

    /// <summary>Ends all parts, removes the data and returns when nothing is left.</summary>
    public async ValueTask DisposeAsync()
    {
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        process.Dispose();
    }
}
