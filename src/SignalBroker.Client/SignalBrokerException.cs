namespace SignalBroker.Client;

/// <summary>What this library reports as failed; its subclasses say how far it came.</summary>
public abstract class SignalBrokerException : Exception
{
    private protected SignalBrokerException(string code, string message, Exception? cause = null)
        : base(message, cause) => Code = code;

    /// <summary>What went wrong, for programs: one of <see cref="SignalBrokerCode"/>.</summary>
    public string Code { get; }

    /// <summary>Whether what failed so may have been done all the same, or may still be.</summary>
    internal bool MayBeDone =>
        this is ServerUnreachableException or ServerRefusedException { Status: >= 500 and not 503 };
}

/// <summary>
/// Nobody answered, or only something on the way, such as a gateway: whether the server has done what was asked is not known.
/// </summary>
public sealed class ServerUnreachableException : SignalBrokerException
{
    internal ServerUnreachableException(string message, Exception? cause = null)
        : base(SignalBrokerCode.Unreachable, message, cause) { }
}

/// <summary>
/// The signal, or the question, was given up before it was sent: <see cref="SignalBrokerCode.QueueFull"/>,
/// <see cref="SignalBrokerCode.Expired"/> or <see cref="SignalBrokerCode.Closed"/>.
/// </summary>
public sealed class SignalNotSentException : SignalBrokerException
{
    internal SignalNotSentException(string code, string message, Exception? cause = null)
        : base(code, message, cause) { }
}

/// <summary>
/// The client does not listen (any more), and shall not try again by itself: <see cref="SignalBrokerCode.ListeningLost"/>,
/// <see cref="SignalBrokerCode.Unauthorized"/>, where another client has taken its place
/// <see cref="SignalBrokerCode.SessionReplaced"/>, or where it was put out <see cref="SignalBrokerCode.SessionEnded"/>.
/// </summary>
public sealed class ListeningFailedException : SignalBrokerException
{
    internal ListeningFailedException(string message, Exception? cause = null)
        : base(SignalBrokerCode.ListeningLost, message, cause) { }

    internal ListeningFailedException(Interruption why)
        : base(why.Code, why.Reason) { }

    /// <summary>Whether the other side was reached: then nothing blocks this way of listening.</summary>
    internal bool WasReached { get; init; }
}

/// <summary>
/// <see cref="SignalBrokerClientOptions.Token"/> failed, as the inner exception tells; the code is
/// <see cref="SignalBrokerCode.TokenUnavailable"/>.
/// </summary>
public sealed class TokenUnavailableException : SignalBrokerException
{
    internal TokenUnavailableException(string message, Exception cause)
        : base(SignalBrokerCode.TokenUnavailable, message, cause) { }
}
