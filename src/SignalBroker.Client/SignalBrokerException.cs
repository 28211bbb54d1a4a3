namespace SignalBroker.Client;

/// <summary>What this library reports as failed; its subclasses say how far it came.</summary>
public abstract class SignalBrokerException : Exception
{
    private protected SignalBrokerException(string code, string message, Exception? cause = null)
        : base(message, cause) => Code = code;

    /// <summary>What went wrong, for programs: one of <see cref="SignalBrokerCode"/> or the server's problem code.</summary>
    public string Code { get; }
}

/// <summary>The server answered with an error: it has not done what was asked.</summary>
public sealed class ServerRefusedException : SignalBrokerException
{
    internal ServerRefusedException(
        int status,
        string code,
        string detail,
        TimeSpan? retryAfter = null,
        IReadOnlyList<Delivery>? sessions = null
    )
        : base(code, detail)
    {
        Status = status;
        RetryAfter = retryAfter;
        Sessions = sessions ?? [];
    }

    /// <summary>The HTTP status, from 400 on.</summary>
    public int Status { get; }

    /// <summary>How long the server asks to wait; null when it does not say.</summary>
    public TimeSpan? RetryAfter { get; }

    /// <summary>What became of the signal at each session of the addressee, if the server says so.</summary>
    public IReadOnlyList<Delivery> Sessions { get; }
}

/// <summary>The server did not answer: whether it has done what was asked is not known.</summary>
public sealed class ServerUnreachableException : SignalBrokerException
{
    internal ServerUnreachableException(string message, Exception? cause = null)
        : base(SignalBrokerCode.Unreachable, message, cause) { }
}

/// <summary>
/// The signal was given up before it was sent: <see cref="SignalBrokerCode.QueueFull"/>,
/// <see cref="SignalBrokerCode.Expired"/> or <see cref="SignalBrokerCode.Closed"/>.
/// </summary>
public sealed class SignalNotSentException : SignalBrokerException
{
    internal SignalNotSentException(string code, string message, Exception? cause = null)
        : base(code, message, cause) { }
}
