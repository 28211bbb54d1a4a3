using System.Globalization;

namespace SignalBroker.LocalCluster;

/// <summary>What all parts of one run share: its data, its logs, its ports and the watchdog over its processes.</summary>
internal sealed class Run : IAsyncDisposable
{
    private const string LockName = "lock";
    private const int KeptRuns = 20;

    private readonly List<TcpProxy> proxies = [];
    private readonly FileStream runLock;
    private readonly Watchdog watchdog;

    public Run(Action<string>? progress, Action<Part>? partDied)
    {
        Progress = progress ?? (_ => { });
        PartDied = partDied ?? (_ => { });

        Directory.CreateDirectory(Repository.Runs);
        RemoveOldRuns();
        var now = TimeProvider.System.GetLocalNow().ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture);
        LogFolder = PrivateFiles.CreateFolder(Repository.Runs, $"{now}-{Path.GetRandomFileName()[..4]}");
        runLock = OpenLock(LogFolder);

        DataFolder = Directory.CreateTempSubdirectory("signalbroker-").FullName;
        watchdog = new Watchdog(DataFolder, Path.Combine(LogFolder, "watchdog.log"));
        // PostgreSQL may run as another user, who has to pass through; each part's own folder is closed.
        File.SetUnixFileMode(DataFolder, File.GetUnixFileMode(DataFolder) | UnixFileMode.OtherExecute);
    }

    public Action<string> Progress { get; }
    public Action<Part> PartDied { get; }
    public Ports Ports { get; } = new();
    public string DataFolder { get; }
    public string LogFolder { get; }

    /// <summary>Where launch.sh notes each process for the watchdog.</summary>
    public string Records => Path.Combine(DataFolder, "processes");

    /// <summary>Whether all parts are about to end, as they should.</summary>
    public bool IsEnding { get; private set; }

    public TcpProxy AddProxy(Func<IReadOnlyList<int>> targets)
    {
        var proxy = new TcpProxy(Ports.Listen(), targets);
        proxies.Add(proxy);
        return proxy;
    }

    public async ValueTask DisposeAsync()
    {
        if (IsEnding)
        {
            return;
        }

        IsEnding = true;
        await watchdog.DisposeAsync();
        foreach (var proxy in proxies)
        {
            await proxy.DisposeAsync();
        }

        Ports.Dispose();
        await runLock.DisposeAsync();
    }

    private static FileStream OpenLock(string folder) =>
        new(Path.Combine(folder, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);

    private static void RemoveOldRuns()
    {
        foreach (var folder in Directory.GetDirectories(Repository.Runs).OrderDescending().Skip(KeptRuns - 1))
        {
            try
            {
                // Whoever can lock it knows that its run has ended.
                OpenLock(folder).Dispose();
                Directory.Delete(folder, recursive: true);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                // Still running, or another user's.
            }
        }
    }
}
