namespace SignalBroker.Client;

/// <summary>What a new room is like, and its creator in it.</summary>
public sealed record RoomOptions
{
    /// <summary>Its title: 1 to 64 characters (Unicode code points); may be left out.</summary>
    public string? Name { get; init; }

    /// <summary>Whom a member reaches.</summary>
    public RoomKind Kind { get; init; }

    /// <summary>Whether everybody may join who knows its id. Otherwise a <see cref="Room.JoinCode"/> is made.</summary>
    public bool IsOpen { get; init; }

    /// <summary>How many members it may have, from 1 on; null for as many as the server allows.</summary>
    public int? MaxMembers { get; init; }

    /// <summary>What the creator is called in it: 1 to 64 characters (Unicode code points); may be left out.</summary>
    public string? Alias { get; init; }

    /// <summary>Whether the others may know the creator by its member id and alias only.</summary>
    public bool IsAnonymous { get; init; }
}

/// <summary>As whom a user joins a room.</summary>
public sealed record JoinOptions
{
    /// <summary>The room's code, in upper or lower case; not needed where it is open.</summary>
    public string? JoinCode { get; init; }

    /// <summary>What the member is called in the room: 1 to 64 characters (Unicode code points); may be left out.</summary>
    public string? Alias { get; init; }

    /// <summary>Whether the others may know the member by its member id and alias only.</summary>
    public bool IsAnonymous { get; init; }

    /// <summary>Keeps the code out of logs.</summary>
    public override string ToString() => $"{nameof(JoinOptions)} {{ {nameof(Alias)} = {Alias} }}";
}
