using static SignalBroker.Client.SignalBrokerCode;

namespace SignalBroker.Client;

/// <summary>
/// The server answered with an error: it has not done what was asked. The subclass says what to do about it, the code
/// what was wrong.
/// </summary>
public class ServerRefusedException : SignalBrokerException
{
    private protected ServerRefusedException(Refusal refusal)
        : base(refusal.Code, refusal.Detail) =>
        (Status, RetryAfter, Sessions) = (refusal.Status, refusal.RetryAfter, refusal.Sessions ?? []);

    /// <summary>The HTTP status, from 400 on.</summary>
    public int Status { get; }

    /// <summary>How long the server asks to wait; null when it does not say.</summary>
    public TimeSpan? RetryAfter { get; }

    /// <summary>What became of the signal at each session of the addressee, if the server says so.</summary>
    public IReadOnlyList<Delivery> Sessions { get; }

    internal static ServerRefusedException Of(Refusal refusal) =>
        (refusal.Status, refusal.Code) switch
        {
            (_, UserNotListening or MemberNotListening) => new UserNotListeningException(refusal),
            (_, UserUnknown) => new UserUnknownException(refusal),
            (_, RoomNotFound or MemberNotFound) => new RoomNotFoundException(refusal),
            (_, RoomFull or RoomOpen or TooManyRooms or AliasTaken) => new RoomConflictException(refusal),
            (_, InboxFull or InboxShareUsed) => new InboxFullException(refusal),
            (_, IdAlreadyUsed or SignalUnderWay) => new SignalConflictException(refusal),
            (401, _) => new UnauthorizedException(refusal),
            (403, _) => new ForbiddenException(refusal),
            (409, _) => new SessionConflictException(refusal),
            (429, _) => new TooManyRequestsException(refusal),
            (>= 500, _) => new ServerUnavailableException(refusal),
            (>= 400, _) => new InvalidRequestException(refusal),
            _ => new ServerRefusedException(refusal),
        };
}

/// <summary>
/// 400, 404, 405, 408, 413, 415: the server can't take what it was given, such as
/// <see cref="SignalBrokerCode.PayloadTooLarge"/> or <see cref="SignalBrokerCode.InvalidUserId"/>.
/// </summary>
public sealed class InvalidRequestException : ServerRefusedException
{
    internal InvalidRequestException(Refusal refusal)
        : base(refusal) { }
}

/// <summary>
/// 401: who asks is not proven: <see cref="SignalBrokerCode.Unauthorized"/>,
/// <see cref="SignalBrokerCode.TokenMissing"/>, <see cref="SignalBrokerCode.TokenInvalid"/>,
/// <see cref="SignalBrokerCode.TokenExpired"/> or <see cref="SignalBrokerCode.ServiceKeyInvalid"/>.
/// </summary>
public sealed class UnauthorizedException : ServerRefusedException
{
    internal UnauthorizedException(Refusal refusal)
        : base(refusal) { }
}

/// <summary>
/// 403: it is proven who asks, and that is the wrong one: <see cref="SignalBrokerCode.UserIdMismatch"/>,
/// <see cref="SignalBrokerCode.AddressNotAllowed"/>, <see cref="SignalBrokerCode.HostNotAllowed"/>,
/// <see cref="SignalBrokerCode.OriginNotAllowed"/>; in rooms <see cref="SignalBrokerCode.NotAMember"/>,
/// <see cref="SignalBrokerCode.NotTheOwner"/>, <see cref="SignalBrokerCode.JoinCodeWrong"/>,
/// <see cref="SignalBrokerCode.RemovedFromRoom"/> or
/// <see cref="SignalBrokerCode.HostOnly"/>.
/// </summary>
public sealed class ForbiddenException : ServerRefusedException
{
    internal ForbiddenException(Refusal refusal)
        : base(refusal) { }
}

/// <summary>
/// 404, <see cref="SignalBrokerCode.UserNotListening"/> or <see cref="SignalBrokerCode.MemberNotListening"/>: the
/// addressee has no session that listens.
/// </summary>
public sealed class UserNotListeningException : ServerRefusedException
{
    internal UserNotListeningException(Refusal refusal)
        : base(refusal) { }
}

/// <summary>
/// 409: other sessions are in the way: <see cref="SignalBrokerCode.TooManySessionsOfUser"/>,
/// <see cref="SignalBrokerCode.UserAlreadyConnected"/>, <see cref="SignalBrokerCode.SessionReplaced"/> or
/// <see cref="SignalBrokerCode.KeyAlreadyUsed"/>.
/// </summary>
public sealed class SessionConflictException : ServerRefusedException
{
    internal SessionConflictException(Refusal refusal)
        : base(refusal) { }
}

/// <summary>404, <see cref="SignalBrokerCode.UserUnknown"/>: there is no such user.</summary>
public sealed class UserUnknownException : ServerRefusedException
{
    internal UserUnknownException(Refusal refusal)
        : base(refusal) { }
}

/// <summary>
/// 404: there is no such room, <see cref="SignalBrokerCode.RoomNotFound"/>, or no such member in it,
/// <see cref="SignalBrokerCode.MemberNotFound"/>.
/// </summary>
public sealed class RoomNotFoundException : ServerRefusedException
{
    internal RoomNotFoundException(Refusal refusal)
        : base(refusal) { }
}

/// <summary>
/// 409: what a room or a user is stands in the way: <see cref="SignalBrokerCode.RoomFull"/>,
/// <see cref="SignalBrokerCode.TooManyRooms"/>, <see cref="SignalBrokerCode.AliasTaken"/> or
/// <see cref="SignalBrokerCode.RoomOpen"/>.
/// </summary>
public sealed class RoomConflictException : ServerRefusedException
{
    internal RoomConflictException(Refusal refusal)
        : base(refusal) { }
}

/// <summary>
/// 409: the addressee has as many stored signals as allowed (<see cref="SignalBrokerCode.InboxFull"/>), or as many of
/// the sender's (<see cref="SignalBrokerCode.InboxShareUsed"/>); the signal is not stored.
/// </summary>
public sealed class InboxFullException : ServerRefusedException
{
    internal InboxFullException(Refusal refusal)
        : base(refusal) { }
}

/// <summary>
/// 409: another stored signal is in the way: <see cref="SignalBrokerCode.IdAlreadyUsed"/>, or
/// <see cref="SignalBrokerCode.SignalUnderWay"/> for the whole time to live.
/// </summary>
public sealed class SignalConflictException : ServerRefusedException
{
    internal SignalConflictException(Refusal refusal)
        : base(refusal) { }
}

/// <summary>
/// 429: too much of it at a time, such as <see cref="SignalBrokerCode.TooManyRequests"/> and
/// <see cref="SignalBrokerCode.TooManySessionsOfAddress"/>, or in a day, such as
/// <see cref="SignalBrokerCode.StorageBudgetUsed"/>.
/// </summary>
public sealed class TooManyRequestsException : ServerRefusedException
{
    internal TooManyRequestsException(Refusal refusal)
        : base(refusal) { }
}

/// <summary>
/// 5xx: the server can't at the moment, such as <see cref="SignalBrokerCode.NoNodeAvailable"/> or
/// <see cref="SignalBrokerCode.DatabaseUnavailable"/>.
/// </summary>
public sealed class ServerUnavailableException : ServerRefusedException
{
    internal ServerUnavailableException(Refusal refusal)
        : base(refusal) { }
}

/// <summary>What an error answer says.</summary>
internal sealed record Refusal(
    int Status,
    string Code,
    string Detail,
    TimeSpan? RetryAfter = null,
    IReadOnlyList<Delivery>? Sessions = null
);
