namespace SignalBroker.LocalCluster;

/// <summary>A private PostgreSQL, RabbitMQ nodes, webapps and perhaps a coturn on this machine, gone without a trace when disposed.</summary>
public sealed class Cluster : IAsyncDisposable
{
    private readonly ClusterOptions _options;
    private readonly Run _run;
    private readonly ErlangDistribution _erlang;
    private readonly Epmd _epmd;
    private readonly TcpProxy _balancer;

    // Replaced under the lock, never changed: the balancer and starting webapps read them from other threads.
    private readonly Lock _changing = new();
    private volatile Node[] _nodes = [];
    private volatile Webapp[] _webapps = [];
    private int _lastWebapp;

    private Cluster(ClusterOptions options, Run run)
    {
        _options = options;
        _run = run;
        _erlang = new ErlangDistribution(run);
        _epmd = new Epmd(run, _erlang);
        _balancer = run.AddProxy(() => [.. _webapps.Select(webapp => webapp.InternalPort)]);
        Postgres = new Postgres(run, options.SyncedDatabase);
        Turn = options.Turn ? new TurnServer(run) : null;
        _webapps =
        [
            .. Enumerable
                .Range(1, options.Webapps)
                .Select(number => NewWebapp(number, options.WebappSettings, number == 1 ? options.Port : null)),
        ];
        _lastWebapp = _webapps.Length;
        _nodes = [.. Enumerable.Range(1, options.Nodes).Select(NewNode)];
    }

    public Postgres Postgres { get; }

    /// <summary>The STUN and TURN server, with <see cref="ClusterOptions.Turn"/>.</summary>
    public TurnServer? Turn { get; }

    public IReadOnlyList<Node> Nodes => _nodes;

    public IReadOnlyList<Webapp> Webapps => _webapps;

    /// <summary>Where each part writes its log.</summary>
    public string LogFolder => _run.LogFolder;

    /// <summary>Starts everything and returns when all of it is ready; a failure or cancellation leaves nothing.</summary>
    public static async Task<Cluster> StartAsync(ClusterOptions options, CancellationToken cancellationToken = default)
    {
        var run = new Run(options.Progress, options.PartDied);
        try
        {
            var cluster = new Cluster(options, run);
            await cluster.StartPartsAsync(cancellationToken);
            return cluster;
        }
        catch
        {
            await run.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts one more node; webapps that start, or start again, later know it.</summary>
    public async Task<Node> AddNodeAsync(CancellationToken cancellationToken = default)
    {
        Node node;
        lock (_changing)
        {
            node = NewNode(_nodes.Length + 1);
            _nodes = [.. _nodes, node];
        }

        await node.StartAsync(cancellationToken);
        return node;
    }

    /// <summary>Starts one more webapp, with these settings besides the cluster's own.</summary>
    public async Task<Webapp> AddWebappAsync(
        IEnumerable<KeyValuePair<string, string>>? settings = null,
        CancellationToken cancellationToken = default
    )
    {
        var all = new Dictionary<string, string>(_options.WebappSettings);
        foreach (var (key, value) in settings ?? [])
        {
            all[key] = value;
        }

        Webapp webapp;
        lock (_changing)
        {
            webapp = NewWebapp(++_lastWebapp, all, publicPort: null);
            _webapps = [.. _webapps, webapp];
        }

        await webapp.StartAsync(cancellationToken);
        return webapp;
    }

    /// <summary>Stops a webapp, which is one of the cluster's no more; its log stays.</summary>
    public async Task RemoveWebappAsync(Webapp webapp)
    {
        lock (_changing)
        {
            _webapps = [.. _webapps.Where(other => other != webapp)];
        }

        await webapp.StopAsync();
    }

    /// <summary>Ends everything and removes all data; the logs stay.</summary>
    public ValueTask DisposeAsync() => _run.DisposeAsync();

    private string BrokerAccessAddress =>
        _options.BrokerAccessAddress
        ?? (_options.WithoutBalancer ? _webapps[0].InternalAddress : $"http://127.0.0.1:{_balancer.Port}");

    private Node NewNode(int number) => new(_run, number, _options, _erlang, BrokerAccessAddress);

    private Webapp NewWebapp(int number, IReadOnlyDictionary<string, string> settings, int? publicPort) =>
        new(_run, $"webapp{number}", () => [.. ServerSettings(), .. settings], publicPort);

    // How a webapp reaches the other servers.
    private IEnumerable<KeyValuePair<string, string>> ServerSettings() =>
        [
            new("ConnectionStrings:Database", Postgres.ConnectionString),
            .. _nodes.SelectMany((node, index) => node.WebappSettings(index)),
            .. Turn?.WebappSettings ?? [],
        ];

    private async Task StartPartsAsync(CancellationToken cancellationToken)
    {
        // A node that finds no epmd waits in vain, so it comes first.
        await _epmd.StartAsync(cancellationToken);
        Func<CancellationToken, Task>[] servers =
        [
            StartDatabaseAsync,
            .. _nodes.Select<Node, Func<CancellationToken, Task>>(node => node.StartAsync),
        ];
        if (Turn is not null)
        {
            servers = [.. servers, Turn.StartAsync];
        }

        await TogetherAsync(servers, cancellationToken);
        await TogetherAsync(
            [.. _webapps.Select<Webapp, Func<CancellationToken, Task>>(webapp => webapp.StartAsync)],
            cancellationToken
        );
    }

    private async Task StartDatabaseAsync(CancellationToken cancellationToken)
    {
        await Postgres.StartAsync(cancellationToken);
        await Postgres.CreateDatabaseAsync(cancellationToken);
    }

    // The first failure cancels the others.
    private static Task TogetherAsync(Func<CancellationToken, Task>[] starts, CancellationToken cancellationToken) =>
        Parallel.ForEachAsync(
            starts,
            new ParallelOptions { MaxDegreeOfParallelism = int.MaxValue, CancellationToken = cancellationToken },
            (start, token) => new ValueTask(start(token))
        );
}
