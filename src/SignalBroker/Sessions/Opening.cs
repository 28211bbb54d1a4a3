using System.Net;

namespace SignalBroker.Sessions;

/// <summary>What a new session is made of.</summary>
/// <param name="PasscodeSha256">The hash of its secret.</param>
/// <param name="Device">What the user calls the device, if it has a name.</param>
/// <param name="Node">The node that will hold its queue.</param>
/// <param name="OriginalClient">Whether it is opened in the original project's way.</param>
/// <param name="LineSha256">The hash of what its client's sessions have in common; null if it does not say.</param>
/// <param name="Resumes">Whether its client has listened before.</param>
/// <param name="MayBeNew">Whether its user or device may be one that is not known yet.</param>
/// <param name="Predecessor">The session that it takes over from; null if it does from none.</param>
/// <remarks>
/// Whatever a backend opens with its service key comes from one address, so the address's limits do not hold. Others may be
/// of a user or device that is not known yet, if the address has not had too many of them.
/// </remarks>
internal sealed record NewSession(
    string ListeningKey,
    byte[] PasscodeSha256,
    string UserId,
    string? Device,
    string Node,
    IPAddress Address,
    bool OriginalClient,
    bool ByApplication,
    byte[]? LineSha256,
    bool Resumes,
    bool MayBeNew = true,
    Predecessor? Predecessor = null
);

/// <summary>How an attempt to open a session ended.</summary>
internal abstract record Opening
{
    /// <summary>The session is there and waits for its listener.</summary>
    /// <param name="Replaced">The user's other sessions, which end.</param>
    /// <param name="IsNew">Whether the user or the device has not listened before.</param>
    public sealed record Opened(DateTime AckBy, IReadOnlyList<Session> Replaced, bool IsNew) : Opening;

    /// <summary>The user may not connect.</summary>
    /// <param name="Until">Until when.</param>
    public sealed record UserBlocked(DateTime Until) : Opening;

    /// <summary>The user has as many sessions as allowed.</summary>
    public sealed record UserFull : Opening;

    /// <summary>The address has as many sessions as allowed.</summary>
    public sealed record AddressFull : Opening;

    /// <summary>The user or the device is not known, and from the address as many new ones have come as may in a day.</summary>
    /// <param name="RetryAfter">How long until another one may come.</param>
    public sealed record TooManyNew(TimeSpan? RetryAfter = null) : Opening;
}

/// <summary>What holds for all sessions that are opened at one time.</summary>
/// <param name="MaxPerUser">How many the user may have, the new one included.</param>
/// <param name="MaxPerAddress">How many the address may have, the new one included; 0 for any number.</param>
/// <param name="ReachableNodes">The nodes whose sessions count for the user: those of a lost node can't be ended.</param>
/// <param name="PerUser">Whether sessions of the user end: its client's own, or all of them.</param>
/// <param name="AckWithin">How long the session may wait for its listener.</param>
internal sealed record OpeningLimits(
    int MaxPerUser,
    int MaxPerAddress,
    string[] ReachableNodes,
    SessionsPerUser PerUser,
    TimeSpan AckWithin
);
