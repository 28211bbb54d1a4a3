using System.Text.Json.Serialization;

namespace SignalBroker.Nodes;

/// <summary>Why a node gets a new session or does not.</summary>
[JsonConverter(typeof(CamelCaseEnum<NodeState>))]
internal enum NodeState
{
    /// <summary>The node takes sessions.</summary>
    Ready,

    /// <summary>The node can't be reached, or does not answer in time.</summary>
    Unreachable,

    /// <summary>The node is reachable, but its events are not consumed yet, so it could not be heard acking.</summary>
    Unbound,

    /// <summary>The node has raised an alarm (memory or disk) and takes no publishes.</summary>
    Blocked,

    /// <summary>The node holds as many sessions as its capacity.</summary>
    Full,
}

/// <summary>One RabbitMQ server that holds browsers' sockets, as this webapp sees it at the moment.</summary>
internal sealed class Node(NodeOptions options)
{
    private static readonly Version FirstWithMqtt = new(3, 12);

    // Of this version on the node itself writes down the client id, if rabbitmq-conf/ tells it to.
    private static readonly Version FirstWithProofs = new(4, 3);

    private volatile bool responsive;
    private volatile bool eventsBound;
    private volatile bool reconciled;
    private volatile bool blocked;
    private volatile Version? version;
    private int sessions;

    /// <summary>The node's name in the sessions table and in its own paths.</summary>
    public string Name { get; } = options.Name;

    /// <summary>The public address at which browsers listen by STOMP.</summary>
    public string ListeningAddress { get; } = options.ListeningAddress!.ToString();

    /// <summary>The public address at which browsers listen by MQTT; null where it is off.</summary>
    public string? MqttAddress { get; } = options.MqttAddress?.ToString();

    /// <summary>The version of its RabbitMQ; null until it has been reached.</summary>
    public Version? Version
    {
        get => version;
        set => version = value;
    }

    /// <summary>Whether sessions may listen by MQTT, as a native protocol of the broker.</summary>
    public bool OffersMqtt => MqttAddress is not null && version >= FirstWithMqtt;

    /// <summary>Whether sessions may listen by STOMP; where MQTT is not to be had, they may in any case.</summary>
    public bool OffersStomp => options.Stomp || !OffersMqtt;

    /// <summary>Whether it vouches for who sends by MQTT.</summary>
    public bool ProvesMqttSenders => OffersMqtt && version >= FirstWithProofs;

    /// <summary>The internal AMQP address, with the credentials of the webapp's own user.</summary>
    public Uri AmqpAddress { get; } = options.AmqpAddress!;

    /// <summary>The name of the webapp's own user.</summary>
    public string AmqpUser { get; } = Uri.UnescapeDataString(options.AmqpAddress!.UserInfo.Split(':')[0]);

    /// <summary>The internal management address, with credentials.</summary>
    public Uri ManagementAddress { get; } = options.ManagementAddress!;

    /// <summary>The name of the virtual host that sessions live in.</summary>
    public string VirtualHost { get; } =
        Uri.UnescapeDataString(options.AmqpAddress!.AbsolutePath.TrimStart('/')) is { Length: > 0 } name ? name : "/";

    /// <summary>How many sessions the node should hold.</summary>
    public int Capacity { get; } = options.Capacity;

    /// <summary>Whether the node confirms what is published to it, in time.</summary>
    public bool Responsive
    {
        get => responsive;
        set => responsive = value;
    }

    /// <summary>Whether the queue that collects the node's events is bound and consumed.</summary>
    public bool EventsBound
    {
        get => eventsBound;
        set => eventsBound = value;
    }

    /// <summary>Whether its sessions have been compared with its queues since its events are consumed.</summary>
    public bool Reconciled
    {
        get => reconciled;
        set => reconciled = value;
    }

    /// <summary>Whether what the sessions table says of the node's sessions is true.</summary>
    public bool IsUsable => responsive && eventsBound && reconciled;

    /// <summary>Whether the node has said that it takes no publishes.</summary>
    public bool Blocked
    {
        get => blocked;
        set => blocked = value;
    }

    /// <summary>How many sessions the node had when they were counted last, plus those placed since by this webapp.</summary>
    public int Sessions => Volatile.Read(ref sessions);

    /// <summary>Why the node gets a new session or does not.</summary>
    public NodeState State =>
        blocked ? NodeState.Blocked
        : !responsive ? NodeState.Unreachable
        : !eventsBound ? NodeState.Unbound
        : Sessions >= Capacity ? NodeState.Full
        : NodeState.Ready;

    /// <summary>Takes over a fresh count.</summary>
    public void SetSessions(int count) => Volatile.Write(ref sessions, count);

    /// <summary>Counts a session that has just been placed.</summary>
    public void AddSession() => Interlocked.Increment(ref sessions);
}
