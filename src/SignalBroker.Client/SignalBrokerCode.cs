namespace SignalBroker.Client;

/// <summary>
/// The codes that this library itself gives, and those of the server that a program most often asks for. The server's
/// documentation lists all of its own.
/// </summary>
public static class SignalBrokerCode
{
    /// <summary>The webapp did not answer; whether it has done what was asked is not known.</summary>
    public const string Unreachable = "unreachable";

    /// <summary>The session's credential is no longer good.</summary>
    public const string Unauthorized = "unauthorized";

    /// <summary>The addressee has no session that listens.</summary>
    public const string UserNotListening = "user-not-listening";

    /// <summary>The signal waited for its whole time to live, and was not sent.</summary>
    public const string Expired = "expired";

    /// <summary>100 signals wait already for the client to listen again.</summary>
    public const string QueueFull = "queue-full";

    /// <summary>The client was closed.</summary>
    public const string Closed = "closed";

    /// <summary>The connection to the node was lost or could not be opened.</summary>
    public const string ListeningLost = "listening-lost";

    /// <summary><see cref="SignalBrokerClientOptions.Token"/> failed.</summary>
    public const string TokenUnavailable = "token-unavailable";

    /// <summary>Something unforeseen, such as a <see cref="SignalBrokerClient.StateChanged"/> handler that has thrown.</summary>
    public const string ClientFailed = "client-failed";

    /// <summary>The server needs a token, and got none.</summary>
    public const string TokenMissing = "token-missing";
}
