namespace SignalBroker.Client;

/// <summary>What may be said about a signal besides its content.</summary>
public sealed record SendOptions
{
    /// <summary>What the signal is about, for the receiver: 1 to 64 characters; may be left out.</summary>
    public string? Type { get; init; }

    /// <summary>
    /// The signal's name, 1 to 64 characters: receivers drop what comes twice from one user. A random one is made
    /// otherwise.
    /// </summary>
    public string? Id { get; init; }

    /// <summary>
    /// How long the signal may wait, in whole milliseconds, up to the server's limit (60 s unless configured otherwise):
    /// here, while the client reconnects (30 s if left out), and then in the addressee's queue (as the server is
    /// configured, if left out).
    /// </summary>
    public TimeSpan? TimeToLive { get; init; }
}
