namespace SignalBroker.Client;

/// <summary>What has happened to a room's members, as the server tells the others.</summary>
/// <remarks>
/// A change may be missed, while the client reconnects for example. Who keeps a list of the members asks for it again
/// (<see cref="ClientRooms.GetMembersAsync"/>) after each reconnect, and when a version is not the next one.
/// </remarks>
public sealed record RoomChange
{
    /// <summary>The room's id.</summary>
    public required string Room { get; init; }

    /// <summary>What has happened.</summary>
    public required RoomEvent Event { get; init; }

    /// <summary>How often the room's members have changed by now; each change counts one.</summary>
    public required long Version { get; init; }

    /// <summary>Whom it happened to; null when the room was closed.</summary>
    public RoomMember? Member { get; init; }

    /// <summary>The member id of the owner by now; null when the room was closed.</summary>
    public string? Owner { get; init; }
}

/// <summary>What happens to the members of rooms.</summary>
public enum RoomEvent
{
    /// <summary>Something that this library does not know.</summary>
    Other,

    /// <summary>A user has become a member.</summary>
    Joined,

    /// <summary>A member has left.</summary>
    Left,

    /// <summary>The owner has removed a member; the removed one is told as well.</summary>
    Removed,

    /// <summary>An anonymous member has said who it is.</summary>
    Revealed,

    /// <summary>The room has been closed.</summary>
    Closed,
}
