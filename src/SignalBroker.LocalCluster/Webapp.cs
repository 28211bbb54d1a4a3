namespace SignalBroker.LocalCluster;

/// <summary>One replica of the stateless webapp.</summary>
public sealed class Webapp : Part
{
    private readonly Postgres _postgres;
    private readonly Func<IReadOnlyList<Node>> _nodes;
    private readonly TurnServer? _turn;
    private readonly IReadOnlyDictionary<string, string> _settings;
    private readonly int _publicPort;

    internal Webapp(
        Run run,
        string name,
        Postgres postgres,
        Func<IReadOnlyList<Node>> nodes,
        TurnServer? turn,
        IReadOnlyDictionary<string, string> settings,
        int? publicPort
    )
        : base(run, name)
    {
        _postgres = postgres;
        _nodes = nodes;
        _turn = turn;
        _settings = settings;
        _publicPort = publicPort is { } port ? Ports.Chosen(port) : run.Ports.Next();
        InternalPort = run.Ports.Next();
    }

    public string PublicAddress => $"http://127.0.0.1:{_publicPort}";

    /// <summary>Where nodes ask for access, and where health and administration are.</summary>
    public string InternalAddress => $"http://127.0.0.1:{InternalPort}";

    internal int InternalPort { get; }

    private protected override Launch Describe() =>
        new("dotnet", Repository.Webapp)
        {
            LastSignal = Signal.Term,
            // The demo page lies there.
            WorkingFolder = Path.GetDirectoryName(Repository.Webapp)!,
            Environment = Settings()
                .ToDictionary(
                    setting => setting.Key.Replace(":", "__", StringComparison.Ordinal),
                    setting => setting.Value
                ),
        };

    private protected override async Task<bool> IsReadyAsync(CancellationToken cancellationToken) =>
        await Readiness.AnswersAsync($"{InternalAddress}/health/ready", cancellationToken)
        && await Readiness.AnswersAsync($"{PublicAddress}/health/live", cancellationToken);

    // Asked at each start, so that a restarted webapp knows the nodes that were added meanwhile.
    private Dictionary<string, string> Settings()
    {
        var settings = new Dictionary<string, string>
        {
            ["Listeners:Public"] = PublicAddress,
            ["Listeners:Internal"] = InternalAddress,
            ["ConnectionStrings:Database"] = _postgres.ConnectionString,
        };
        foreach (var (index, node) in _nodes().Index())
        {
            settings[$"Nodes:{index}:Name"] = node.Name;
            settings[$"Nodes:{index}:ListeningAddress"] = node.ListeningAddress;
            settings[$"Nodes:{index}:AmqpAddress"] = node.AmqpAddress;
            settings[$"Nodes:{index}:ManagementAddress"] = node.ManagementAddress;
            settings[$"Nodes:{index}:Capacity"] = node.Capacity.ToString();
        }

        foreach (var (key, value) in (_turn?.WebappSettings ?? []).Concat(_settings))
        {
            settings[key] = value;
        }

        return settings;
    }
}
