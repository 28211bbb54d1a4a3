using System.Globalization;

namespace SignalBroker.Storm.Workers;

/// <summary>How many files a process may open.</summary>
internal static class OpenFiles
{
    // What a POSIX system allows at least, for systems that do not say.
    private const int Modest = 1024;
    private const int Enough = 1_000_000;
    private const int Reserve = 400;

    // A listener's socket, and a connection to post over.
    private const int PerUser = 2;

    /// <summary>How many users fit into one worker.</summary>
    public static int UsersPerWorker => Math.Max(1, (Limit - Reserve) / PerUser);

    // .NET raises the soft limit to the hard one when a process starts.
    private static int Limit
    {
        get
        {
            if (!OperatingSystem.IsLinux())
            {
                return Modest;
            }

            var line = File.ReadLines("/proc/self/limits")
                .First(text => text.StartsWith("Max open files", StringComparison.Ordinal));
            var hard = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[4];
            return int.TryParse(hard, CultureInfo.InvariantCulture, out var files) ? Math.Min(files, Enough) : Enough;
        }
    }
}
