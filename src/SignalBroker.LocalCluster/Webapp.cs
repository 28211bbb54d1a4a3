namespace SignalBroker.LocalCluster;

/// <summary>One replica of the stateless webapp.</summary>
public sealed class Webapp : Part
{
    private readonly Func<IEnumerable<KeyValuePair<string, string>>> settings;
    private readonly int publicPort;

    internal Webapp(
        Run run,
        string name,
        Func<IEnumerable<KeyValuePair<string, string>>> settings,
        int? publicPort = null
    )
        : base(run, name)
    {
        this.settings = settings;
        this.publicPort = publicPort is { } port ? Ports.Chosen(port) : run.Ports.Next();
        InternalPort = run.Ports.Next();
    }

    /// <summary>Another one than what was built with this program.</summary>
    internal string Program { get; init; } = Repository.Webapp;

    /// <summary>Whether its settings describe nodes: without any it is not ready.</summary>
    internal bool HasNodes { get; init; } = true;

    public string PublicAddress => $"http://127.0.0.1:{publicPort}";

    /// <summary>Where nodes ask for access, and where health and administration are.</summary>
    public string InternalAddress => $"http://127.0.0.1:{InternalPort}";

    /// <summary>The port of <see cref="InternalAddress"/>.</summary>
    public int InternalPort { get; }

    /// <summary>Its settings as environment variables, with which its commands can be run as well.</summary>
    public IReadOnlyDictionary<string, string> Environment =>
        Settings()
            .ToDictionary(
                setting => setting.Key.Replace(":", "__", StringComparison.Ordinal),
                setting => setting.Value
            );

    private protected override Launch Describe() =>
        new("dotnet", Program)
        {
            LastSignal = Signal.Term,
            // The demo page is there.
            WorkingFolder = Path.GetDirectoryName(Program)!,
            Environment = Environment,
        };

    private protected override async Task<bool> IsReadyAsync(CancellationToken cancellationToken) =>
        await Readiness.AnswersAsync($"{InternalAddress}/health/{(HasNodes ? "ready" : "live")}", cancellationToken)
        && await Readiness.AnswersAsync($"{PublicAddress}/health/live", cancellationToken);

    // Read at each start, so that a restarted webapp knows the nodes that were added meanwhile.
    private Dictionary<string, string> Settings()
    {
        var all = new Dictionary<string, string>
        {
            ["Listeners:Public"] = PublicAddress,
            ["Listeners:Internal"] = InternalAddress,
            // Nobody has to notice that it stops, unless a test says so.
            ["Shutdown:Grace"] = "00:00:00",
        };
        foreach (var (key, value) in settings())
        {
            all[key] = value;
        }

        return all;
    }
}
