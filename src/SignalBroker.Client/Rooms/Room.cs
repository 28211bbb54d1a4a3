namespace SignalBroker.Client;

/// <summary>A room, as the user sees it.</summary>
public sealed record Room
{
    /// <summary>Its id, for <see cref="SignalSender.SendToRoomAsync(string, System.Text.Json.JsonElement, SendOptions?, CancellationToken)"/> and for those who join.</summary>
    public required string Id { get; init; }

    /// <summary>Its title; null when it has none.</summary>
    public string? Name { get; init; }

    /// <summary>Whom a member reaches.</summary>
    public RoomKind Kind { get; init; }

    /// <summary>Whether everybody may join who knows its id.</summary>
    public bool IsOpen { get; init; }

    /// <summary>How many members it has.</summary>
    public int Members { get; init; }

    /// <summary>How many it may have.</summary>
    public int MaxMembers { get; init; }

    /// <summary>How often its members have changed.</summary>
    public long Version { get; init; }

    /// <summary>The member id of its owner; where the kind is <see cref="RoomKind.Host"/>, of the host.</summary>
    public string? Owner { get; init; }

    /// <summary>The user's own member id; null for whoever is no member.</summary>
    public string? Me { get; init; }

    /// <summary>
    /// What others need to join, besides the id; only when it has just been made, and null if the room is open. A secret:
    /// <see cref="ToString"/> keeps it out of logs.
    /// </summary>
    public string? JoinCode { get; init; }

    /// <summary>The room without its code.</summary>
    public override string ToString() => $"{nameof(Room)} {{ {nameof(Id)} = {Id}, {nameof(Name)} = {Name} }}";
}

/// <summary>Whom the members of a room reach.</summary>
public enum RoomKind
{
    /// <summary>Everyone reaches everyone.</summary>
    Broadcast,

    /// <summary>The members reach the host, and the host everyone.</summary>
    Host,
}

/// <summary>Who is in a room.</summary>
/// <param name="Room">The room's id.</param>
/// <param name="Version">The version of the room that these are the members of.</param>
/// <param name="Members">The members, in the order in which they joined.</param>
public sealed record RoomMembers(string Room, long Version, IReadOnlyList<RoomMember> Members);

/// <summary>One member of a room.</summary>
public sealed record RoomMember
{
    /// <summary>The member's id, good as <see cref="SendOptions.ToMember"/>.</summary>
    public required string Id { get; init; }

    /// <summary>What it is called in the room; null if it has not said.</summary>
    public string? Alias { get; init; }

    /// <summary>Who it is; null if it is anonymous.</summary>
    public string? UserId { get; init; }

    /// <summary>Whether it is anonymous.</summary>
    public bool IsAnonymous => UserId is null;

    /// <summary>Whether it owns the room; not told by a <see cref="RoomChange"/>, whose owner is named apart.</summary>
    public bool IsOwner { get; init; }

    /// <summary>Since when it is a member, by the server's clock; null in a <see cref="RoomChange"/>.</summary>
    public DateTimeOffset? JoinedAt { get; init; }
}
