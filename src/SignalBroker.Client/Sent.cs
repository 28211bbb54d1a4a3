namespace SignalBroker.Client;

/// <summary>What became of a signal.</summary>
/// <param name="Id">The signal's name, as its receiver sees it.</param>
/// <param name="Sessions">What became of it at each listening session of the addressee; empty if it was stored at once.</param>
public sealed record Sent(string Id, IReadOnlyList<Delivery> Sessions)
{
    /// <summary>Whether it is stored: it will reach the addressee, unless it expires before.</summary>
    public bool IsStored { get; init; }

    /// <summary>Whether the sender may not know what became of it: whether the addressee listens is hidden.</summary>
    public bool IsHidden { get; init; }
}

/// <summary>What became of a signal at one session.</summary>
/// <param name="ListeningKey">The session's public name; null where the server keeps it to itself.</param>
/// <param name="Device">What its user calls the device; null when it was not named.</param>
/// <param name="Outcome">What the broker said.</param>
public sealed record Delivery(string? ListeningKey, string? Device, Outcome Outcome);

/// <summary>What the broker said of a signal for one session, or for the members of a room on one node.</summary>
public enum Outcome
{
    /// <summary>It may arrive or not: the node can't be reached or did not confirm in time.</summary>
    Unknown,

    /// <summary>The broker has it in the session's live queue; whether the session has read it is not known.</summary>
    Queued,

    /// <summary>The session is gone, so nothing was sent.</summary>
    NotListening,

    /// <summary>Not sent: the session is sent too much, its queue is full or its node has an alarm.</summary>
    Overloaded,

    /// <summary>
    /// In rooms: at least one member's session is sent too much or has a full queue, and the others have it; sent again
    /// under the same id, it is dropped by these.
    /// </summary>
    Partly,
}
