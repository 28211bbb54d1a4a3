namespace SignalBroker.Client;

internal sealed record CreateRoomRequest(
    string? Name,
    RoomKind Kind,
    bool Open,
    int? MaxMembers,
    string? Alias,
    bool Anonymous
);

internal sealed record JoinRoomRequest(string? JoinCode, string? Alias, bool Anonymous);

/// <summary>A room, as the server writes it.</summary>
internal sealed record RoomAnswer
{
    public required string Room { get; init; }
    public string? Name { get; init; }
    public RoomKind Kind { get; init; }
    public bool Open { get; init; }
    public int Members { get; init; }
    public int MaxMembers { get; init; }
    public long Version { get; init; }
    public string? Owner { get; init; }
    public string? Me { get; init; }
    public string? JoinCode { get; init; }

    public Room ToRoom() =>
        new()
        {
            Id = Room,
            Name = Name,
            Kind = Kind,
            IsOpen = Open,
            Members = Members,
            MaxMembers = MaxMembers,
            Version = Version,
            Owner = Owner,
            Me = Me,
            JoinCode = JoinCode,
        };
}

internal sealed record MembersAnswer(string? Room, long Version, IReadOnlyList<ListedMember>? Members)
{
    public RoomMembers ToMembers() =>
        new(Room ?? "", Version, [.. (Members ?? []).Select(member => member.ToMember())]);
}

internal sealed record ListedMember
{
    public required string Member { get; init; }
    public string? Alias { get; init; }
    public string? UserId { get; init; }
    public bool Owner { get; init; }
    public DateTimeOffset? JoinedAt { get; init; }

    public RoomMember ToMember() =>
        new()
        {
            Id = Member,
            Alias = Alias,
            UserId = UserId,
            IsOwner = Owner,
            JoinedAt = JoinedAt,
        };
}

/// <summary>The content of an envelope that tells of a change in a room.</summary>
internal sealed record ToldChange
{
    public required string Room { get; init; }
    public RoomEvent Event { get; init; }
    public long Version { get; init; }
    public ListedMember? Member { get; init; }
    public string? Owner { get; init; }

    public RoomChange ToChange() =>
        new()
        {
            Room = Room,
            Event = Event,
            Version = Version,
            Member = Member?.ToMember(),
            Owner = Owner,
        };
}
