namespace SignalBroker.Client;

/// <summary>What is stored for a user, as one of its devices sees it.</summary>
public sealed record InboxPage
{
    /// <summary>
    /// Whether nothing has expired after the sequence that was asked for: everything sent with <see cref="Storing.Always"/>
    /// since then has come, or comes.
    /// </summary>
    public required bool Recovered { get; init; }

    /// <summary>The newest stored signal's sequence; 0 before the first one.</summary>
    public required long LastSequence { get; init; }

    /// <summary>From this sequence on, no stored signal has expired.</summary>
    public required long LowestSequence { get; init; }

    /// <summary>The device has nothing left to settle up to this sequence.</summary>
    public required long SettledThrough { get; init; }

    /// <summary>The stored signals that the device has not settled, in their order.</summary>
    public required IReadOnlyList<Signal> Signals { get; init; }

    /// <summary>Whether there are more of them.</summary>
    public required bool HasMore { get; init; }
}

/// <summary>When stored signals are settled: the server forgets them then, and does not send them again.</summary>
public enum Settling
{
    /// <summary>
    /// When the reader of <see cref="SignalBrokerClient.ReadSignalsAsync"/> asks for the next signal: it has done with the
    /// one before. One who stops, or throws, leaves it unsettled, unless it has called <see cref="Signal.SettleAsync"/>.
    /// </summary>
    Automatic,

    /// <summary>Only when the application calls <see cref="Signal.SettleAsync"/>.</summary>
    Manual,
}
