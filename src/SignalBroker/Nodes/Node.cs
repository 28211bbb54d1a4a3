namespace SignalBroker.Nodes;

/// <summary>One RabbitMQ server that holds browsers' sockets, as this webapp sees it at the moment.</summary>
internal sealed class Node(NodeOptions options, TimeProvider clock) : INodeLoad
{
    private static readonly Version FirstWithMqtt = new(3, 12);

    // Of this version on the node itself writes down the client id, if rabbitmq-conf/ tells it to.
    private static readonly Version FirstWithProofs = new(4, 3);

    private readonly Lock noting = new();
    private volatile bool responsive;
    private volatile bool eventsBound;
    private volatile bool reconciled;
    private volatile bool blocked;
    private volatile bool hasBeenReached;
    private volatile string? failure;
    private volatile Version? version;
    private volatile NodePlace place = NodePlace.Of(options);
    private volatile NodePlan plan = NodePlan.InUse;
    private int sessions;
    private (NodeState State, DateTimeOffset Since) noted = (NodeState.Joining, clock.GetUtcNow());

    /// <summary>Whether it stands in this webapp's settings.</summary>
    public bool IsConfigured { get; init; }

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

    /// <summary>Whether it is set up to listen by STOMP.</summary>
    public bool ListensForStomp => options.Stomp;

    /// <summary>Whether it vouches for who sends by MQTT.</summary>
    public bool ProvesMqttSenders => OffersMqtt && version >= FirstWithProofs;

    /// <summary>The internal AMQP address, with the credentials of the webapp's own user.</summary>
    public Uri AmqpAddress { get; } = options.AmqpAddress!;

    /// <summary>The name of the webapp's own user.</summary>
    public string AmqpUser { get; } = Uri.UnescapeDataString(options.AmqpAddress!.UserInfo.Split(':')[0]);

    /// <summary>The passwords with which webapps may log in; two while it changes.</summary>
    public IReadOnlyList<string> AmqpPasswords { get; } =
    [
        .. options.AmqpAddress!.UserInfo.Split(':', 2) is [_, var own]
            ? [Uri.UnescapeDataString(own)]
            : Array.Empty<string>(),
        .. options.OtherAmqpPassword is { } other ? [other] : Array.Empty<string>(),
    ];

    /// <summary>The internal management address, with credentials.</summary>
    public Uri ManagementAddress { get; } = options.ManagementAddress!;

    /// <summary>The name of the virtual host that sessions live in.</summary>
    public string VirtualHost { get; } =
        Uri.UnescapeDataString(options.AmqpAddress!.AbsolutePath.TrimStart('/')) is { Length: > 0 } name ? name : "/";

    /// <summary>How many sessions the node should hold, and where it stands.</summary>
    public NodePlace Place
    {
        get => place;
        set => Note(place = value);
    }

    /// <summary>How many sessions the node should hold.</summary>
    public int Capacity => place.Capacity;

    /// <summary>Where it stands; null if nobody has said so.</summary>
    public string? Region => place.Region;

    /// <summary>The words by which operators tell it apart.</summary>
    public IReadOnlyList<string> Labels => place.Labels;

    /// <summary>What the webapps have agreed to do with it.</summary>
    public NodePlan Plan
    {
        get => plan;
        set => Note(plan = value);
    }

    /// <summary>Whether the node confirms what is published to it, in time.</summary>
    public bool Responsive
    {
        get => responsive;
        set => Note(responsive = value);
    }

    /// <summary>Whether the queue that collects the node's events is bound and consumed.</summary>
    public bool EventsBound
    {
        get => eventsBound;
        set => Note(eventsBound = value);
    }

    /// <summary>Whether its sessions have been compared with its queues since its events are consumed.</summary>
    public bool Reconciled
    {
        get => reconciled;
        set => reconciled = value;
    }

    /// <summary>Whether its sessions can't move, because no other node takes any.</summary>
    public bool LacksRoom { get; set; }

    /// <summary>Whether this webapp is connected to it.</summary>
    public bool IsReached => responsive && eventsBound;

    /// <summary>Whether what the sessions table says of the node's sessions is true.</summary>
    public bool IsUsable => IsReached && reconciled;

    /// <summary>Whether the node has said that it takes no publishes.</summary>
    public bool Blocked
    {
        get => blocked;
        set => Note(blocked = value);
    }

    /// <summary>Why it could not be reached the last time; null once it has been.</summary>
    public string? Failure
    {
        get => failure;
        set => Note(failure = value);
    }

    /// <summary>How many sessions the node had when they were counted last, plus those placed since by this webapp.</summary>
    public int Sessions => Volatile.Read(ref sessions);

    /// <summary>Why the node gets a new session or does not.</summary>
    public NodeState State =>
        blocked ? NodeState.Blocked
        : !IsReached ? NotReached
        : !plan.IsChecked ? NodeState.Joining
        : plan.DrainsSince is not null ? (Sessions > 0 ? NodeState.Draining : NodeState.Drained)
        : Sessions >= Capacity ? NodeState.Full
        : NodeState.Ready;

    /// <summary>Since when it has been in its state, as far as this webapp has seen it.</summary>
    public DateTimeOffset Since
    {
        get
        {
            lock (noting)
            {
                return noted.Since;
            }
        }
    }

    /// <summary>What an operator should know of its state; null where that says it all.</summary>
    public string? Why =>
        State switch
        {
            NodeState.Joining when !plan.IsChecked => "it has not passed its checks",
            NodeState.Joining => "it has not been reached yet",
            NodeState.Full => "it holds as many sessions as its capacity",
            NodeState.Blocked => "it has raised an alarm (memory or disk)",
            NodeState.Draining => $"{Sessions} sessions are left" + (LacksRoom ? ", and no other node has room" : ""),
            NodeState.Drained => "it holds no sessions, and can be removed",
            NodeState.Unreachable or NodeState.Lost => failure ?? "it can't be reached",
            _ => null,
        };

    private NodeState NotReached =>
        plan.IsLost ? NodeState.Lost
        : failure is null && !hasBeenReached ? NodeState.Joining
        : NodeState.Unreachable;

    /// <summary>Whether it is reached at these addresses, and browsers at these.</summary>
    public bool HasAddressesOf(NodeOptions other) =>
        options.ListeningAddress == other.ListeningAddress
        && options.MqttAddress == other.MqttAddress
        && options.Stomp == other.Stomp
        && options.AmqpAddress == other.AmqpAddress
        && options.AmqpAddress!.UserInfo == other.AmqpAddress!.UserInfo
        && options.ManagementAddress == other.ManagementAddress
        && options.ManagementAddress!.UserInfo == other.ManagementAddress!.UserInfo;

    /// <summary>Takes over a fresh count.</summary>
    public void SetSessions(int count)
    {
        Volatile.Write(ref sessions, count);
        Note(count);
    }

    /// <summary>Counts a session that has just been placed.</summary>
    public void AddSession() => Interlocked.Increment(ref sessions);

    private void Note<T>(T _)
    {
        lock (noting)
        {
            if (IsReached)
            {
                (hasBeenReached, failure) = (true, null);
            }

            if (State is var state && state != noted.State)
            {
                noted = (state, clock.GetUtcNow());
            }
        }
    }
}

/// <summary>How many sessions a node should hold, and where it stands.</summary>
/// <param name="Labels">Words by which operators tell nodes apart.</param>
internal sealed record NodePlace(int Capacity, string? Region, IReadOnlyList<string> Labels)
{
    public static NodePlace Of(NodeOptions options) => new(options.Capacity, options.Region, options.Labels);
}

/// <summary>What the webapps have agreed on about a node.</summary>
/// <param name="IsChecked">Whether it has passed its checks; one in the settings needs none.</param>
/// <param name="DrainsSince">Since when it gets no more sessions, because it is to be taken away.</param>
/// <param name="IsLost">Whether no webapp can use it.</param>
internal sealed record NodePlan(bool IsChecked, DateTimeOffset? DrainsSince, bool IsLost)
{
    public static NodePlan InUse { get; } = new(IsChecked: true, DrainsSince: null, IsLost: false);
}
