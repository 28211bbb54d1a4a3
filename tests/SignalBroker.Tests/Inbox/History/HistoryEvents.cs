namespace SignalBroker.Tests.Inbox.History;

/// <summary>What a sender was told of one of its signals.</summary>
public enum Told
{
    /// <summary>Nothing, or that it is not known: it may be there or not.</summary>
    Nothing,

    /// <summary>That it is stored.</summary>
    Stored,

    /// <summary>That a device has it.</summary>
    Queued,

    /// <summary>That it went nowhere.</summary>
    Refused,
}

/// <summary>A signal that the sender has sent, perhaps several times.</summary>
public sealed record SentEvent
{
    /// <summary>The sender's number for it: it counts up.</summary>
    public required int Number { get; init; }

    /// <summary>The only device that it is for; null for all of them.</summary>
    public string? Device { get; init; }

    /// <summary>What the sender was told last.</summary>
    public Told Told { get; init; }

    /// <summary>Whether it may expire before it is delivered.</summary>
    public bool IsShortLived { get; init; }
}

/// <summary>A signal that a device has received.</summary>
/// <param name="Device">The device.</param>
/// <param name="Session">Which of the device's sessions, counted from 0.</param>
/// <param name="Number">The sender's number.</param>
/// <param name="Sequence">The sequence in the envelope; null when it was not stored.</param>
public sealed record ReceivedEvent(string Device, int Session, int Number, long? Sequence);

/// <summary>A settling that was answered.</summary>
/// <param name="Device">The device.</param>
/// <param name="UpTo">Up to which sequence.</param>
/// <param name="Sessions">How many sessions the device had had by then.</param>
public sealed record SettledEvent(string Device, long UpTo, int Sessions);
