namespace SignalBroker.LocalCluster;

/// <summary>Other servers on this machine that end as a cluster's parts do: all together, and whatever happens to us.</summary>
public sealed class ServerGroup(Action<string>? progress = null) : IAsyncDisposable
{
    private readonly Run _run = new(progress, partDied: null);

    /// <summary>Where each of them writes its log.</summary>
    public string LogFolder => _run.LogFolder;

    /// <summary>Describes one more server, on a free port; it starts when it is told to.</summary>
    public Server Add(string name, Func<int, ServerCommand> command) => new(_run, name, command);

    /// <summary>Describes one more webapp, which asks for its settings at each start.</summary>
    public Webapp AddWebapp(string name, Func<IEnumerable<KeyValuePair<string, string>>> settings) =>
        new(_run, name, settings);

    /// <summary>Ends all of them; the logs stay.</summary>
    public ValueTask DisposeAsync() => _run.DisposeAsync();
}

/// <summary>How to start a server.</summary>
/// <param name="Program">The program, by its path or as the shell would find it.</param>
public sealed record ServerCommand(string Program, params IReadOnlyList<string> Arguments)
{
    /// <summary>What its environment holds besides ours.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();
}

/// <summary>A server that is ready as soon as its port accepts connections.</summary>
public sealed class Server : Part
{
    private readonly Func<int, ServerCommand> _command;

    internal Server(Run run, string name, Func<int, ServerCommand> command)
        : base(run, name)
    {
        _command = command;
        Port = run.Ports.Next();
    }

    /// <summary>The loopback port that it was given.</summary>
    public int Port { get; }

    private protected override Launch Describe()
    {
        var command = _command(Port);
        return new Launch(command.Program, command.Arguments)
        {
            LastSignal = Signal.Term,
            WorkingFolder = Run.DataFolder,
            Environment = command.Environment,
        };
    }

    private protected override Task<bool> IsReadyAsync(CancellationToken cancellationToken) =>
        Readiness.AcceptsAsync(Port, cancellationToken);
}
