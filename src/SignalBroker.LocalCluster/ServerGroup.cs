namespace SignalBroker.LocalCluster;

/// <summary>Other servers on this machine that end as a cluster's parts do: all together, and whatever happens to this process.</summary>
public sealed class ServerGroup(Action<string>? progress = null) : IAsyncDisposable
{
    private readonly Run run = new(progress, partDied: null);

    /// <summary>Where each of them writes its log.</summary>
    public string LogFolder => run.LogFolder;

    /// <summary>Describes one more server, on a free port; it starts when it is told to.</summary>
    public Server Add(string name, Func<int, Launch> launch) => new(run, name, launch);

    /// <summary>Describes one more webapp, which asks for its settings at each start.</summary>
    public Webapp AddWebapp(string name, Func<IEnumerable<KeyValuePair<string, string>>> settings) =>
        new(run, name, settings);

    /// <summary>Ends all of them; the logs stay.</summary>
    public ValueTask DisposeAsync() => run.DisposeAsync();
}

/// <summary>A server that is ready as soon as its port accepts connections.</summary>
public sealed class Server : Part
{
    private readonly Func<int, Launch> launch;

    internal Server(Run run, string name, Func<int, Launch> launch)
        : base(run, name)
    {
        this.launch = launch;
        Port = run.Ports.Next();
    }

    /// <summary>The loopback port that it was given.</summary>
    public int Port { get; }

    private protected override Launch Describe() => launch(Port);

    private protected override Task<bool> IsReadyAsync(CancellationToken cancellationToken) =>
        Readiness.AcceptsAsync(Port, cancellationToken);
}
