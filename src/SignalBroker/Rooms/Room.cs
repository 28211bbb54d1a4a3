using System.Text.Json.Serialization;

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

    /// <summary>A title for people; null when it has none.</summary>
    public string? Name { get; init; }

    public RoomKind Kind { get; init; }

    /// <summary>The user who may close it; in a room of kind <c>host</c>, the host.</summary>
    public required string Owner { get; init; }

    /// <summary>Whether everybody may join who knows its id.</summary>
    public bool Open { get; init; }

    public int MaxMembers { get; init; }

    /// <summary>How often its members have changed.</summary>
    public long Version { get; init; }
}

/// <summary>A user as a member of one room, whether it listens or not.</summary>
internal sealed record RoomMember
{
    /// <summary>What the others know the member by.</summary>
    public required string MemberId { get; init; }

    /// <summary>Other members never learn an anonymous member's user id.</summary>
    public required string UserId { get; init; }

    public string? Alias { get; init; }

    /// <summary>Whether the others may know only the member id and the alias.</summary>
    public bool Anonymous { get; init; }

    public DateTime JoinedAt { get; init; }
}

/// <summary>A room in the list of a user's rooms.</summary>
internal sealed record RoomOfUser
{
    public Room Room { get; init; } = null!;

    /// <summary>The user's member id.</summary>
    public required string Me { get; init; }

    public int Members { get; init; }

    /// <summary>The owner's member id; null while the owner is not a member.</summary>
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

    /// <summary>The members, in the order in which they joined.</summary>
    public IReadOnlyList<RoomMember> Members { get; }

    public int AnonymousMembers { get; }

    /// <summary>Null while the owner is not a member.</summary>
    public RoomMember? Owner => FindUser(Room.Owner);

    public RoomMember? FindUser(string userId) => byUser.GetValueOrDefault(userId);

    public RoomMember? FindMember(string memberId) => byMember.GetValueOrDefault(memberId);
}
