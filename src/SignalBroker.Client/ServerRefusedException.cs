namespace SignalBroker.Client;

/// <summary>
/// The server answered with an error: it has not done what was asked. The subclass says what to do about it, the code
/// what was wrong.
/// </summary>
public class ServerRefusedException : SignalBrokerException
{
    private protected ServerRefusedException(Refusal refusal)
        : base(refusal.Code, refusal.Detail) =>
        (Status, RetryAfter, Sessions) = (refusal.Status, refusal.RetryAfter, refusal.Sessions);

    /// <summary>The HTTP status, from 400 on.</summary>
    public int Status { get; }

    /// <summary>How long the server asks to wait; null when it does not say.</summary>
    public TimeSpan? RetryAfter { get; }

    /// <summary>What became of the signal at each session of the addressee, if the server says so.</summary>
    public IReadOnlyList<Delivery> Sessions { get; }

    internal static ServerRefusedException Of(Refusal refusal) =>
        (refusal.Status, refusal.Code) switch
        {
            (_, SignalBrokerCode.UserNotListening) => new UserNotListeningException(refusal),
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
/// 401: who asks is not proven: <see cref="SignalBrokerCode.Unauthorized"/>, <see cref="SignalBrokerCode.TokenMissing"/>,
/// <see cref="SignalBrokerCode.TokenInvalid"/>, <see cref="SignalBrokerCode.TokenExpired"/> or
/// <see cref="SignalBrokerCode.ServiceKeyInvalid"/>.
/// </summary>
public sealed class UnauthorizedException : ServerRefusedException
{
    internal UnauthorizedException(Refusal refusal)
        : base(refusal) { }
}

/// <summary>
/// 403: it is proven who asks, and that is the wrong one: <see cref="SignalBrokerCode.UserIdMismatch"/> or
/// <see cref="SignalBrokerCode.AddressNotAllowed"/>.
/// </summary>
public sealed class ForbiddenException : ServerRefusedException
{
    internal ForbiddenException(Refusal refusal)
        : base(refusal) { }
}

/// <summary>404, <see cref="SignalBrokerCode.UserNotListening"/>: the addressee has no session that listens.</summary>
public sealed class UserNotListeningException : ServerRefusedException
{
    internal UserNotListeningException(Refusal refusal)
        : base(refusal) { }
}

/// <summary>
/// 409: other sessions are in the way: <see cref="SignalBrokerCode.TooManySessionsOfUser"/>,
/// <see cref="SignalBrokerCode.UserAlreadyConnected"/> or <see cref="SignalBrokerCode.KeyAlreadyUsed"/>.
/// </summary>
public sealed class SessionConflictException : ServerRefusedException
{
    internal SessionConflictException(Refusal refusal)
        : base(refusal) { }
}

/// <summary>
/// 429: too much of it: <see cref="SignalBrokerCode.TooManyRequests"/> or
/// <see cref="SignalBrokerCode.TooManySessionsOfAddress"/>.
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
internal sealed record Refusal(int Status, string Code, string Detail)
{
    public TimeSpan? RetryAfter { get; init; }

    public IReadOnlyList<Delivery> Sessions { get; init; } = [];
}
