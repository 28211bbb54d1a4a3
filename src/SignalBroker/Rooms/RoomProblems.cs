using SignalBroker.Http;

namespace SignalBroker.Rooms;

/// <summary>Why something can't be done in a room.</summary>
internal static class RoomProblems
{
    /// <summary>There is no such room.</summary>
    public static Problem NotFound { get; } =
        Problem.Of(StatusCodes.Status404NotFound, "room-not-found", "There is no such room, or none any more.");

    /// <summary>The room has no such member.</summary>
    public static Problem MemberNotFound { get; } =
        Problem.Of(StatusCodes.Status404NotFound, "member-not-found", "The room has no such member, or none any more.");

    /// <summary>The one member whom a signal was for does not listen.</summary>
    public static Problem MemberNotListening { get; } =
        Problem.Of(StatusCodes.Status404NotFound, "member-not-listening", "The member is not listening.");

    /// <summary>Only members may do it.</summary>
    public static Problem NotAMember { get; } =
        Problem.Of(StatusCodes.Status403Forbidden, "not-a-member", "Only the room's members may do this.");

    /// <summary>Only the owner may do it.</summary>
    public static Problem NotTheOwner { get; } =
        Problem.Of(StatusCodes.Status403Forbidden, "not-the-owner", "Only the room's owner may do this.");

    /// <summary>In a room with a host, members reach the host only.</summary>
    public static Problem HostOnly { get; } =
        Problem.Of(StatusCodes.Status403Forbidden, "host-only", "The members of this room reach only its host.");

    /// <summary>The code does not open the room.</summary>
    public static Problem WrongCode { get; } =
        Problem.Of(
            StatusCodes.Status403Forbidden,
            "join-code-wrong",
            "The room is not open, and the join code is missing or wrong."
        );

    public static Problem Removed { get; } =
        Problem.Of(
            StatusCodes.Status403Forbidden,
            "removed-from-room",
            "The room's owner has removed the user, who can't join it again so soon."
        );

    /// <summary>The room has no code.</summary>
    public static Problem Open { get; } =
        Problem.Of(StatusCodes.Status409Conflict, "room-open", "The room is open: everybody may join, without a code.");

    public static Problem Full { get; } = Problem.Of(StatusCodes.Status409Conflict, "room-full", "The room is full.");

    /// <summary>The user is in too many rooms.</summary>
    public static Problem UserFull { get; } =
        Problem.Of(
            StatusCodes.Status409Conflict,
            "too-many-rooms",
            "The user is in as many rooms as allowed; leave one first."
        );

    /// <summary>The users of the address have begun as many memberships as they may for now.</summary>
    public static Problem TooManyMemberships(TimeSpan retryAfter) =>
        Problem.Of(
            StatusCodes.Status429TooManyRequests,
            "too-many-memberships-of-address",
            "This address has used up its joins of the day; rooms that its users are in may still be joined again.",
            retryAfter
        );

    /// <summary>Another member has this alias.</summary>
    public static Problem AliasTaken { get; } =
        Problem.Of(StatusCodes.Status409Conflict, "alias-taken", "Another member of the room has this name.");
}
