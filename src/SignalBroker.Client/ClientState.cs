using SignalBroker.Client.Http;

namespace SignalBroker.Client;

/// <summary>Where a client stands.</summary>
public abstract record ClientState
{
    private ClientState() { }

    /// <summary>It has not listened yet.</summary>
    /// <param name="Problem">Why the last attempt failed; null at the first one.</param>
    /// <param name="RetryAt">When the next attempt comes; null while one is under way.</param>
    public sealed record Connecting(Interruption? Problem, DateTimeOffset? RetryAt) : ClientState;

    /// <summary>It listens: signals arrive, and are sent at once. When the session has moved, the state is told once more.</summary>
    /// <param name="Session">The session that listens.</param>
    /// <param name="By">How its signals come in.</param>
    public sealed record Listening(SessionInfo Session, ListensBy By) : ClientState
    {
        /// <summary>What is spoken over the WebSocket; null where signals come as server-sent events.</summary>
        public SocketProtocol? Protocol { get; init; }

        /// <summary>
        /// Whether everything that was sent to the user with <see cref="Storing.Always"/> since the last stored signal that
        /// this client has had has come, or comes; if not, something has expired meanwhile. Null while it is not known, and
        /// for a client that has had nothing stored and begins nowhere (<see cref="SignalBrokerClientOptions.AfterSequence"/>).
        /// Once it is known, the state is told once more.
        /// </summary>
        public bool? Recovered { get; init; }
    }

    /// <summary>It has lost its session, and comes back with another one; signals to send wait.</summary>
    /// <param name="Problem">Why it does not listen.</param>
    /// <param name="RetryAt">When the next attempt comes; null while one is under way.</param>
    public sealed record Reconnecting(Interruption Problem, DateTimeOffset? RetryAt) : ClientState;

    /// <summary>It is closed for good.</summary>
    /// <param name="Problem">Why: <see cref="SignalBrokerCode.Closed"/>, or the server's refusal.</param>
    public sealed record Closed(Interruption Problem) : ClientState;
}

/// <summary>Why a client does not listen.</summary>
/// <param name="Code">The reason for programs: one of <see cref="SignalBrokerCode"/>.</param>
/// <param name="Reason">The same for people, in a sentence.</param>
public sealed record Interruption(string Code, string Reason);

/// <summary>The session that listens; it holds no secret, and changes with every move and every reconnect.</summary>
/// <param name="UserId">Whose session it is.</param>
/// <param name="Device">What the user calls the device; null when it was not named.</param>
/// <param name="ListeningKey">The session's key, which no other session has.</param>
/// <param name="ListeningAddress">The node's address for STOMP, which tells nodes apart whatever is spoken.</param>
public sealed record SessionInfo(string UserId, string? Device, string ListeningKey, string ListeningAddress)
{
    /// <summary>
    /// The name under which others know the session: it is their <see cref="Signal.FromSession"/>, and they reach the session
    /// by <see cref="Addressee.OfSession"/>. It stays the same when the session moves, and after a loss of up to 2 minutes
    /// (as the server is configured).
    /// </summary>
    public string KnownAs
    {
        get => field ?? ListeningKey;
        init;
    }
}

/// <summary>What a change of the state is about.</summary>
/// <param name="state">The new state.</param>
public sealed class ClientStateChangedEventArgs(ClientState state) : EventArgs
{
    /// <summary>The new state.</summary>
    public ClientState State { get; } = state;
}
