using System.ComponentModel.DataAnnotations;

namespace SignalBroker.Rooms;

/// <summary>What <c>POST /rooms</c> takes.</summary>
/// <param name="Name">The room's title, for people: 1 to 64 characters (Unicode code points).</param>
/// <param name="Kind">Whom a member reaches: <c>broadcast</c> everyone, <c>host</c> only the host.</param>
/// <param name="Open">Whether everybody may join who knows the room's id; otherwise a join code is made.</param>
/// <param name="MaxMembers">How many members it may have; as many as the server allows when left out.</param>
/// <param name="Alias">What the creator is called in it.</param>
/// <param name="Anonymous">Whether the others may know the creator by its member id and alias only.</param>
internal sealed record CreateRoomRequest(
    [property: Length(1, RoomNames.MaxAliasLength)] string? Name = null,
    RoomKind Kind = RoomKind.Broadcast,
    bool Open = false,
    [property: Range(1, 10_000)] int? MaxMembers = null,
    [property: Length(1, RoomNames.MaxAliasLength)] string? Alias = null,
    bool Anonymous = false
);

/// <summary>What <c>POST /rooms/{room}/join</c> takes.</summary>
/// <param name="JoinCode">The room's code; not needed where it is open.</param>
/// <param name="Alias">What the member is called in the room: 1 to 64 characters (Unicode code points), which must not look like another member's name.</param>
/// <param name="Anonymous">Whether the others may know the member by its member id and alias only.</param>
internal sealed record JoinRoomRequest(
    string? JoinCode = null,
    [property: Length(1, RoomNames.MaxAliasLength)] string? Alias = null,
    bool Anonymous = false
);

/// <summary>A room as a user sees it.</summary>
/// <param name="Room">The room's id.</param>
/// <param name="Name">Its title, if it has one.</param>
/// <param name="Kind">Whom a member reaches.</param>
/// <param name="Open">Whether everybody may join who knows the id.</param>
/// <param name="Members">How many members it has.</param>
/// <param name="MaxMembers">How many it may have.</param>
/// <param name="Version">How often its members have changed.</param>
/// <param name="Owner">The member id of its owner, in a room of kind <c>host</c> the host.</param>
/// <param name="Me">The user's own member id; left out for whoever is no member.</param>
/// <param name="JoinCode">The code that lets others in; only when it has just been made.</param>
internal sealed record RoomAnswer(
    string Room,
    string? Name,
    RoomKind Kind,
    bool Open,
    int Members,
    int MaxMembers,
    long Version,
    string? Owner,
    string? Me,
    string? JoinCode
)
{
    public static RoomAnswer Of(RoomRoster roster, string userId, string? joinCode = null) =>
        Of(roster.Room, roster.Members.Count, roster.Owner?.MemberId, roster.FindUser(userId)?.MemberId, joinCode);

    public static RoomAnswer Of(RoomOfUser listed) =>
        Of(listed.Room, listed.Members, listed.OwnerMember, listed.Me, joinCode: null);

    private static RoomAnswer Of(Room room, int members, string? owner, string? me, string? joinCode) =>
        new(room.RoomId, room.Name, room.Kind, room.Open, members, room.MaxMembers, room.Version, owner, me, joinCode);
}

/// <summary>A room's members as a user sees them.</summary>
/// <param name="Room">The room's id.</param>
/// <param name="Version">The version that these are the members of.</param>
/// <param name="Members">The members, in the order in which they joined.</param>
internal sealed record MembersAnswer(string Room, long Version, IReadOnlyList<MembersAnswer.Entry> Members)
{
    /// <summary>What a user sees of a room's members.</summary>
    public static MembersAnswer Of(RoomRoster roster) =>
        new(
            roster.Room.RoomId,
            roster.Room.Version,
            [
                .. roster.Members.Select(member => new Entry(
                    member.MemberId,
                    member.Alias,
                    member.Anonymous ? null : member.UserId,
                    member.Anonymous,
                    member == roster.Owner,
                    member.JoinedAt
                )),
            ]
        );

    /// <summary>One member.</summary>
    /// <param name="Member">Its member id.</param>
    /// <param name="Alias">What it is called, if it has said.</param>
    /// <param name="UserId">Who it is; left out for an anonymous one.</param>
    /// <param name="Anonymous">Whether it is anonymous.</param>
    /// <param name="Owner">Whether it owns the room.</param>
    /// <param name="JoinedAt">Since when it is a member.</param>
    public sealed record Entry(
        string Member,
        string? Alias,
        string? UserId,
        bool Anonymous,
        bool Owner,
        DateTime JoinedAt
    );
}
