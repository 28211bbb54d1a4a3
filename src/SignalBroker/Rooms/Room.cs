using System.Text.Json.Serialization;
using SignalBroker.Http;
using SignalBroker.Identity;

namespace SignalBroker.Rooms;

/// <summary>Whom a member of a room reaches.</summary>
[JsonConverter(typeof(CamelCaseEnum<RoomKind>))]
internal enum RoomKind
{
    /// <summary>Everyone reaches everyone.</summary>
    Broadcast,

    /// <summary>The members reach the host, and the host reaches everyone.</summary>
    Host,
}

/// <summary>A named group of users.</summary>
internal sealed record Room
{
    public required string RoomId { get; init; }

    /// <summary>Its title, for people; null when it has none.</summary>
    public string? Name { get; init; }

    public RoomKind Kind { get; init; }

    /// <summary>The user who may close it; in a room with a host, the host.</summary>
    public required string Owner { get; init; }

    /// <summary>Whether everybody may join who knows its id.</summary>
    public bool Open { get; init; }

    /// <summary>How many members it may have.</summary>
    public int MaxMembers { get; init; }

    /// <summary>How often its members have changed.</summary>
    public long Version { get; init; }
}

/// <summary>A user as a member of one room. It stays one while it does not listen.</summary>
internal sealed record RoomMember
{
    /// <summary>What the other members know it by.</summary>
    public required string MemberId { get; init; }

    /// <summary>Who it is; no other member learns this of an anonymous one.</summary>
    public required string UserId { get; init; }

    /// <summary>What it wants to be called; null when it has not said.</summary>
    public string? Alias { get; init; }

    /// <summary>Whether the others may know nothing but its member id and alias.</summary>
    public bool Anonymous { get; init; }

    /// <summary>Since when it is a member.</summary>
    public DateTime JoinedAt { get; init; }
}

/// <summary>A room as one of its members sees it in the list of its rooms.</summary>
internal sealed record RoomOfUser
{
    public Room Room { get; init; } = null!;

    /// <summary>The member id of whoever sees it.</summary>
    public required string Me { get; init; }

    /// <summary>How many members it has.</summary>
    public int Members { get; init; }

    /// <summary>The owner's member id; null while the owner is no member.</summary>
    public string? OwnerMember { get; init; }
}

/// <summary>A room and its members at one moment.</summary>
internal sealed class RoomRoster
{
    private readonly Dictionary<string, RoomMember> byUser;
    private readonly Dictionary<string, RoomMember> byMember;

    public RoomRoster(Room room, IReadOnlyList<RoomMember> members)
    {
        (Room, Members) = (room, members);
        AnonymousMembers = members.Count(member => member.Anonymous);
        byUser = members.ToDictionary(member => member.UserId);
        byMember = members.ToDictionary(member => member.MemberId);
    }

    public Room Room { get; }

    /// <summary>Its members, in the order in which they joined.</summary>
    public IReadOnlyList<RoomMember> Members { get; }

    /// <summary>How many of them are anonymous.</summary>
    public int AnonymousMembers { get; }

    /// <summary>The owner's membership; null while the owner is none.</summary>
    public RoomMember? Owner => FindUser(Room.Owner);

    /// <summary>The user's membership; null when it is no member.</summary>
    public RoomMember? FindUser(string userId) => byUser.GetValueOrDefault(userId);

    /// <summary>The member with this id; null when there is none.</summary>
    public RoomMember? FindMember(string memberId) => byMember.GetValueOrDefault(memberId);
}
