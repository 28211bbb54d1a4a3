namespace SignalBroker.Storm.Planning;

/// <summary>What users will do, and how much the servers are to have in reserve.</summary>
public sealed record Demand
{
    /// <summary>The users who listen at the same time.</summary>
    public required double Users { get; init; }

    /// <summary>The signals that each of them sends in a minute.</summary>
    public required double SignalsPerUserMinute { get; init; }

    /// <summary>The sessions of a user; a signal reaches all of them.</summary>
    public double SessionsPerUser { get; init; } = 1;

    /// <summary>How long a session lasts, in minutes, when nothing breaks.</summary>
    public double SessionMinutes { get; init; } = 60;

    /// <summary>Within how many minutes all sessions are to listen again after all were cut.</summary>
    public double ReconnectMinutes { get; init; } = 10;

    /// <summary>The part of every core that ordinary load leaves free.</summary>
    public double Headroom { get; init; } = 0.5;

    /// <summary>How many nodes, and how many webapps, may be missing.</summary>
    public long Spare { get; init; } = 1;

    /// <summary>All sessions at one moment.</summary>
    public double Sessions => Users * SessionsPerUser;

    /// <summary>The signals that are sent in a second.</summary>
    public double SignalsPerSecond => Users * SignalsPerUserMinute / 60;

    /// <summary>The sessions that signals reach in a second.</summary>
    public double DeliveriesPerSecond => SignalsPerSecond * SessionsPerUser;

    /// <summary>The sessions that begin in a second.</summary>
    public double ConnectsPerSecond => Sessions / (SessionMinutes * 60);

    /// <summary>The sessions that begin in a second after all were cut.</summary>
    public double ReconnectsPerSecond => Sessions / (ReconnectMinutes * 60);
}

/// <summary>The servers to plan with.</summary>
public sealed record Servers
{
    /// <summary>The part of the open files that RabbitMQ gives to sockets, by its own limit.</summary>
    public const double SocketsPerFile = 0.9;

    /// <summary>Open files that RabbitMQ takes before it counts sockets.</summary>
    public const double FilesWithoutSockets = 100;

    /// <summary>The part of Erlang's processes for listeners; the rest are the node's own.</summary>
    public const double ListenersShareOfProcesses = 0.9;

    /// <summary>The cores of a node.</summary>
    public double NodeCores { get; init; } = 4;

    /// <summary>The memory of a node, in GiB.</summary>
    public double NodeGiB { get; init; } = 16;

    /// <summary>The part of it that RabbitMQ may use; it stops publishers at its high watermark, 0.4 by default.</summary>
    public double NodeMemoryShare { get; init; } = 0.3;

    /// <summary>The files that a node may open.</summary>
    public long NodeFiles { get; init; } = 65_536;

    /// <summary>The Erlang processes that a node may have.</summary>
    public long NodeProcesses { get; init; } = 1_048_576;

    /// <summary>The cores of a webapp.</summary>
    public double WebappCores { get; init; } = 2;

    /// <summary>How much larger the sessions' table and indexes are than their newest rows.</summary>
    public double TableBloat { get; init; } = 2;

    /// <summary>The memory that a node has for listeners and for itself, in KiB.</summary>
    public double NodeUsableKiB => NodeGiB * NodeMemoryShare * 1024 * 1024;

    /// <summary>The sockets that a node may have.</summary>
    public double NodeSockets => Math.Floor((NodeFiles - FilesWithoutSockets) * SocketsPerFile);
}
