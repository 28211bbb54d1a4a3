namespace SignalBroker.Rooms;

/// <summary>Why something can't be done in a room.</summary>
internal static class RoomProblems
{
    public static Problem NotFound { get; } = Missing("room-not-found", "There is no such room, or none any more.");

    public static Problem MemberNotFound { get; } =
        Missing("member-not-found", "The room has no such member, or none any more.");

    public static Problem MemberNotListening { get; } = Missing("member-not-listening", "The member is not listening.");

    public static Problem NotAMember { get; } = Forbidden("not-a-member", "Only the room's members may do this.");

    public static Problem NotTheOwner { get; } = Forbidden("not-the-owner", "Only the room's owner may do this.");

    public static Problem HostOnly { get; } = Forbidden("host-only", "The members of this room reach only its host.");

    private static Problem WrongCode { get; } =
        Forbidden("join-code-wrong", "The room is not open, and the join code is missing or wrong.");

    private static Problem Removed { get; } =
        Forbidden("removed-from-room", "The room's owner has removed the user, who can't join it again so soon.");

    public static Problem Open { get; } =
        Conflict("room-open", "The room is open: everybody may join, without a code.");

    private static Problem Full { get; } = Conflict("room-full", "The room is full.");

    public static Problem UserFull { get; } =
        Conflict("too-many-rooms", "The user is in as many rooms as allowed; leave one first.");

    private static Problem AliasTaken { get; } = Conflict("alias-taken", "Another member of the room has this name.");

    public static Problem TooManyMemberships(TimeSpan retryAfter) =>
        Problem.Of(
            StatusCodes.Status429TooManyRequests,
            "too-many-memberships-of-address",
            "This address has used up its joins of the day; rooms that its users are in may still be joined again.",
            retryAfter
        );

    /// <summary>Why a user could not join; null for one who is a member.</summary>
    public static Problem? Of(Joining joining) =>
        joining switch
        {
            Joining.Removed => Removed,
            Joining.WrongCode => WrongCode,
            Joining.Full => Full,
            Joining.UserFull => UserFull,
            Joining.AliasTaken => AliasTaken,
            Joining.NoRoom => NotFound,
            _ => null,
        };

    private static Problem Missing(string code, string detail) =>
        Problem.Of(StatusCodes.Status404NotFound, code, detail);

    private static Problem Forbidden(string code, string detail) =>
        Problem.Of(StatusCodes.Status403Forbidden, code, detail);

    private static Problem Conflict(string code, string detail) =>
        Problem.Of(StatusCodes.Status409Conflict, code, detail);
}
