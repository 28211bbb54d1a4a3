namespace SignalBroker.LocalCluster;

/// <summary>What a cluster consists of.</summary>
public sealed record ClusterOptions
{
    /// <summary>How many RabbitMQ nodes to start.</summary>
    public int Nodes { get; init; } = 2;

    /// <summary>Whether the webapps' settings describe these nodes; if not, the webapps begin without any, and are to be told of them.</summary>
    public bool NodesInSettings { get; init; } = true;

    /// <summary>How many webapps to start.</summary>
    public int Webapps { get; init; } = 1;

    /// <summary>Starts a coturn as well, and tells the webapps about it.</summary>
    public bool Turn { get; init; }

    /// <summary>Starts a HAProxy before the webapps as well; it has to be installed.</summary>
    public bool Haproxy { get; init; }

    /// <summary>Starts a proxy with TLS before webapps and nodes as well; it has to be installed.</summary>
    public EdgeProxy? Edge { get; init; }

    /// <summary>The edge's port; null for any free one.</summary>
    public int? EdgePort { get; init; }

    /// <summary>Values for the edge's templates, such as <c>SOCKETS_PER_ADDRESS</c>; docs/operations/tls.md lists them.</summary>
    public IReadOnlyDictionary<string, string> EdgeSettings { get; init; } = new Dictionary<string, string>();

    /// <summary>Starts a Prometheus that scrapes the webapps as well; it has to be installed.</summary>
    public bool Prometheus { get; init; }

    /// <summary>
    /// Another RabbitMQ: a folder with bin/rabbitmq-server or sbin/rabbitmq-server, or an executable that acts as
    /// rabbitmq-server; null for what the environment variable RABBITMQ_FOLDER names, or else the installed package. The nodes
    /// take turns with several, which colons separate.
    /// </summary>
    public string? RabbitMq { get; init; }

    /// <summary>The capacity that the webapps are told for each node.</summary>
    public int NodeCapacity { get; init; } = 10_000;

    /// <summary>The first webapp's public port; null for any free one.</summary>
    public int? Port { get; init; }

    /// <summary>Puts a <see cref="TcpProxy"/> between the webapps and each node's AMQP and management port.</summary>
    public bool ProxiedNodes { get; init; }

    /// <summary>Where the nodes ask for access, such as <c>http://127.0.0.1:8081</c>; null for the webapps.</summary>
    public string? BrokerAccessAddress { get; init; }

    /// <summary>Has the nodes ask the first webapp directly, instead of any webapp through a balancer in this process.</summary>
    public bool WithoutBalancer { get; init; }

    /// <summary>Has PostgreSQL wait for the disk at each commit, as it does in production.</summary>
    public bool SyncedDatabase { get; init; }

    /// <summary>Starts a synchronous standby of PostgreSQL as well, and tells the webapps of both.</summary>
    public bool Standby { get; init; }

    /// <summary>Settings for every webapp, such as <c>Sessions:PerUser</c>.</summary>
    public IReadOnlyDictionary<string, string> WebappSettings { get; init; } = new Dictionary<string, string>();

    /// <summary>Called with one line for each step of starting and stopping.</summary>
    public Action<string>? Progress { get; init; }

    /// <summary>Called for each part that ended unexpectedly.</summary>
    public Action<Part>? PartDied { get; init; }
}
