namespace SignalBroker.Client;

/// <summary>Options of a signal.</summary>
public sealed record SendOptions
{
    /// <summary>What the signal is about, for the receiver: 1 to 64 characters (Unicode code points); may be left out.</summary>
    public string? Type { get; init; }

    /// <summary>
    /// The signal's name, 1 to 64 characters (Unicode code points): receivers drop what comes twice from one user. A
    /// random one is made otherwise. Who sends the same stored signal again under the same name, from another process
    /// for example, is answered as the first time, for as long as the server remembers it (1 hour unless configured
    /// otherwise).
    /// </summary>
    public string? Id { get; init; }

    /// <summary>
    /// How long the signal may wait, in whole milliseconds: here, while the client reconnects (30 s if left out), and
    /// then at the server, as it is configured if left out. Up to 60 s, for a stored signal up to 7 days, unless the
    /// server is configured otherwise.
    /// </summary>
    public TimeSpan? TimeToLive { get; init; }

    /// <summary>
    /// Whether the signal is kept until its addressee has settled it, in a room until each other member has; not for a
    /// session.
    /// </summary>
    public Storing Store { get; init; }

    /// <summary>
    /// Whether the sender wants to know that the signal has been settled or has expired: a signal with a
    /// <see cref="Signal.Receipt"/> comes then, to the sender's user. Only with <see cref="Storing.Always"/>, and not
    /// from an application.
    /// </summary>
    public bool Receipt { get; init; }

    /// <summary>In a room, the id of the one member that the signal is for; null for all that the sender reaches.</summary>
    public string? ToMember { get; init; }
}

/// <summary>When a signal is stored for its addressee.</summary>
public enum Storing
{
    /// <summary>Never: it reaches who listens.</summary>
    Never,

    /// <summary>
    /// When no session has taken it. A connection that dies after the node has confirmed the signal may lose it.
    /// </summary>
    IfOffline,

    /// <summary>Before anything else is done with it: it outlives lost connections, nodes and webapps.</summary>
    Always,
}
