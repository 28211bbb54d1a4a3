namespace SignalBroker.Client;

/// <summary>What has become of a stored signal whose sender wanted to know (<see cref="SendOptions.Receipt"/>).</summary>
public sealed record Receipt
{
    /// <summary>The signal's name, as <see cref="Sent.Id"/> told it.</summary>
    public required string Id { get; init; }

    /// <summary>Whether a device of the addressee has settled it; otherwise it has expired before.</summary>
    public required bool IsDelivered { get; init; }

    /// <summary>The user whom it was for; null where it was for a room.</summary>
    public string? To { get; init; }

    /// <summary>The room that it was for, of which each member makes a receipt; null where it was for a user.</summary>
    public string? Room { get; init; }

    /// <summary>The member of the room; null where it was for a user.</summary>
    public string? Member { get; init; }

    /// <summary>The device that has settled it; null if it was not named, and for an expired one.</summary>
    public string? Device { get; init; }

    /// <summary>The listening key of the session that has settled it; null for an expired one.</summary>
    public string? Session { get; init; }

    /// <summary>When it was settled or has expired, by the server's clock.</summary>
    public required DateTimeOffset At { get; init; }
}
