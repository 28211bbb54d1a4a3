using SignalBroker.Turn;

namespace SignalBroker.Connect;

/// <summary>A new session: where to listen, and with what.</summary>
/// <param name="UserId">Whose session it is.</param>
/// <param name="Device">The device, if it was named.</param>
/// <param name="ListeningAddress">The WebSocket address to open and speak STOMP on.</param>
/// <param name="Listening">All ways to listen at the session's node, best first; the first login decides.</param>
/// <param name="ListeningKey">The session's public name: STOMP login, and <c>/queue/…</c> to subscribe to.</param>
/// <param name="Passcode">The session's only secret: STOMP passcode and password of HTTP's Basic scheme.</param>
/// <param name="Ack">Whether the session is listening; always false here.</param>
/// <param name="AckBy">The session expires unless it listens by then.</param>
/// <param name="AckWithin">The same in milliseconds from this answer on, for clients whose clocks may be wrong.</param>
/// <param name="IceServers">For <c>new RTCPeerConnection({ iceServers })</c>; empty when none is configured.</param>
/// <param name="IceServersExpireAt">When their credentials expire; <c>/ice-servers</c> answers fresh ones before.</param>
/// <param name="IceServersTimeToLive">The same in milliseconds from this answer on.</param>
/// <param name="KnownAs">The name under which others know the session and may send to it: its own key, or that of the session from which it has taken over.</param>
/// <param name="Region">Where the node stands, if that has been said.</param>
internal sealed record ConnectAnswer(
    string UserId,
    string? Device,
    string ListeningAddress,
    IReadOnlyList<ListeningOffer> Listening,
    string ListeningKey,
    string Passcode,
    bool Ack,
    DateTime AckBy,
    long AckWithin,
    IReadOnlyList<IceServer> IceServers,
    DateTime? IceServersExpireAt,
    long? IceServersTimeToLive,
    string KnownAs,
    string? Region
);
