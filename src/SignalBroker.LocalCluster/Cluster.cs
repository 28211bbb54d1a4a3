using Npgsql;

namespace SignalBroker.LocalCluster;

/// <summary>A private PostgreSQL, RabbitMQ nodes, webapps and perhaps a coturn on this machine, removed without a trace when disposed.</summary>
public sealed class Cluster : IAsyncDisposable
{
    private readonly ClusterOptions options;
    private readonly Run run;
    private readonly ErlangDistribution erlang;
    private readonly NodeLogins logins = new();
    private readonly TcpProxy balancer;

    // Replaced under the lock, never changed: the balancer and starting webapps read them from other threads.
    private readonly Lock changing = new();
    private volatile Node[] nodes = [];
    private volatile Webapp[] webapps = [];
    private int lastWebapp;

    private Cluster(ClusterOptions options, Run run)
    {
        (this.options, this.run) = (options, run);
        erlang = new ErlangDistribution(run);
        balancer = run.AddProxy(() => [.. webapps.Select(webapp => webapp.InternalPort)]);
        Postgres = new Postgres(run, options.SyncedDatabase);
        Standby = options.Standby ? new Standby(run, Postgres, options.SyncedDatabase) : null;
        Turn = options.Turn ? new TurnServer(run) : null;
        Haproxy = options.Haproxy ? new Haproxy(run, () => webapps) : null;
        Edge = options.Edge is { } proxy ? new Edge(run, proxy, options, () => nodes, () => webapps) : null;
        Prometheus = options.Prometheus ? new Prometheus(run, () => webapps) : null;
        webapps =
        [
            .. Enumerable
                .Range(1, options.Webapps)
                .Select(number => NewWebapp(number, options.WebappSettings, number == 1 ? options.Port : null)),
        ];
        lastWebapp = webapps.Length;
        nodes = [.. Enumerable.Range(1, options.Nodes).Select(NewNode)];
    }

    public Postgres Postgres { get; private set; }

    /// <summary>The replica of <see cref="Postgres"/>, with <see cref="ClusterOptions.Standby"/>.</summary>
    public Standby? Standby { get; }

    /// <summary>How the webapps reach the database, whichever server is the primary.</summary>
    public string DatabaseConnectionString =>
        Standby is null
            ? Postgres.ConnectionString
            : new NpgsqlConnectionStringBuilder(Postgres.ConnectionString)
            {
                Host = $"127.0.0.1:{Postgres.Port},127.0.0.1:{Standby.Port}",
                TargetSessionAttributes = "primary",
            }.ConnectionString;

    /// <summary>The STUN and TURN server, with <see cref="ClusterOptions.Turn"/>.</summary>
    public TurnServer? Turn { get; }

    /// <summary>What is before the webapps, with <see cref="ClusterOptions.Haproxy"/>.</summary>
    public Haproxy? Haproxy { get; }

    /// <summary>What ends TLS before everything, with <see cref="ClusterOptions.Edge"/>.</summary>
    public Edge? Edge { get; }

    /// <summary>What scrapes the webapps, with <see cref="ClusterOptions.Prometheus"/>.</summary>
    public Prometheus? Prometheus { get; }

    public IReadOnlyList<Node> Nodes => nodes;

    public IReadOnlyList<Webapp> Webapps => webapps;

    /// <summary>Where each part writes its log.</summary>
    public string LogFolder => run.LogFolder;

    /// <summary>Starts everything and returns when all of it is ready; a failure or cancellation leaves nothing.</summary>
    public static async Task<Cluster> StartAsync(ClusterOptions options, CancellationToken cancellationToken = default)
    {
        var newRun = new Run(options.Progress, options.PartDied);
        try
        {
            var cluster = new Cluster(options, newRun);
            await cluster.StartPartsAsync(cancellationToken);
            return cluster;
        }
        catch
        {
            await newRun.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts one more node, which no webapp's settings describe: they are to be told of it.</summary>
    public async Task<Node> AddNodeAsync(CancellationToken cancellationToken = default)
    {
        Node node;
        lock (changing)
        {
            node = NewNode(nodes.Length + 1);
            nodes = [.. nodes, node];
        }

        await node.StartAsync(cancellationToken);
        return node;
    }

    /// <summary>Starts one more webapp, with these settings besides the cluster's own.</summary>
    public Task<Webapp> AddWebappAsync(
        IEnumerable<KeyValuePair<string, string>>? settings = null,
        CancellationToken cancellationToken = default
    ) => AddWebappAsync(settings ?? [], Repository.Webapp, cancellationToken);

    /// <summary>Starts a webapp that was built elsewhere.</summary>
    /// <param name="program">Its <c>SignalBroker.dll</c>.</param>
    public Task<Webapp> AddOtherWebappAsync(string program, CancellationToken cancellationToken = default) =>
        AddWebappAsync([], program, cancellationToken);

    private async Task<Webapp> AddWebappAsync(
        IEnumerable<KeyValuePair<string, string>> settings,
        string program,
        CancellationToken cancellationToken
    )
    {
        Webapp webapp;
        lock (changing)
        {
            webapp = NewWebapp(++lastWebapp, [.. options.WebappSettings, .. settings], publicPort: null, program);
            webapps = [.. webapps, webapp];
        }

        await webapp.StartAsync(cancellationToken);
        return webapp;
    }

    /// <summary>
    /// Starts an empty PostgreSQL in the place of the one that was lost; webapps use it when they are started again.
    /// </summary>
    public async Task ReplacePostgresAsync(CancellationToken cancellationToken = default)
    {
        var other = new Postgres(run, options.SyncedDatabase, "postgres2");
        await other.StartAsync(cancellationToken);
        await other.CreateEmptyDatabaseAsync(cancellationToken);
        Postgres = other;
    }

    /// <summary>Stops a webapp and takes it out of the cluster; its log stays.</summary>
    public async Task RemoveWebappAsync(Webapp webapp)
    {
        lock (changing)
        {
            webapps = [.. webapps.Where(other => other != webapp)];
        }

        await webapp.StopAsync();
    }

    /// <summary>Ends everything and removes all data; the logs stay.</summary>
    public ValueTask DisposeAsync() => run.DisposeAsync();

    private string BrokerAccessAddress =>
        options.BrokerAccessAddress
        ?? (options.WithoutBalancer ? webapps[0].InternalAddress : $"http://127.0.0.1:{balancer.Port}");

    private Node NewNode(int number) => new(run, number, options, erlang, logins, BrokerAccessAddress, Edge);

    // Of two settings with one key, the later one holds.
    private Webapp NewWebapp(
        int number,
        IEnumerable<KeyValuePair<string, string>> settings,
        int? publicPort,
        string? program = null
    ) =>
        new(run, $"webapp{number}", () => [.. ServerSettings(), .. settings], publicPort)
        {
            Program = program ?? Repository.Webapp,
            HasNodes = options.NodesInSettings,
        };

    // How a webapp reaches the other servers.
    private IEnumerable<KeyValuePair<string, string>> ServerSettings() =>
        [
            new("ConnectionStrings:Database", DatabaseConnectionString),
            .. nodes
                .Take(options.NodesInSettings ? options.Nodes : 0)
                .SelectMany((node, index) => node.WebappSettings(index)),
            .. logins.WebappSettings,
            .. Turn?.WebappSettings ?? [],
            .. Edge is null
                ? Array.Empty<KeyValuePair<string, string>>()
                : [new("Proxies:TrustedNetworks:0", "127.0.0.1/32")],
        ];

    private async Task StartPartsAsync(CancellationToken cancellationToken)
    {
        // A node does not start without epmd, so it comes first.
        await erlang.Epmd.StartAsync(cancellationToken);
        Part[] others = Turn is null ? nodes : [.. nodes, Turn];
        await TogetherAsync([StartDatabaseAsync, .. others.Select(StartOf)], cancellationToken);
        await TogetherAsync(webapps.Select(StartOf), cancellationToken);
        await (Haproxy?.StartAsync(cancellationToken) ?? Task.CompletedTask);
        await (Edge?.StartAsync(cancellationToken) ?? Task.CompletedTask);
        await (Prometheus?.StartAsync(cancellationToken) ?? Task.CompletedTask);
    }

    private async Task StartDatabaseAsync(CancellationToken cancellationToken)
    {
        await Postgres.StartAsync(cancellationToken);
        await Postgres.CreateDatabaseAsync(cancellationToken);
        if (Standby is not null)
        {
            await Standby.StartAsync(cancellationToken);
            await Postgres.CommitOnStandbyAsync(cancellationToken);
        }
    }

    private static Func<CancellationToken, Task> StartOf(Part part) => part.StartAsync;

    // The first failure cancels the others.
    private static Task TogetherAsync(
        IEnumerable<Func<CancellationToken, Task>> starts,
        CancellationToken cancellationToken
    ) =>
        Parallel.ForEachAsync(
            starts,
            new ParallelOptions { MaxDegreeOfParallelism = int.MaxValue, CancellationToken = cancellationToken },
            (start, token) => new ValueTask(start(token))
        );
}
