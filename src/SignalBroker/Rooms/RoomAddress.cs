using SignalBroker.Signals;

namespace SignalBroker.Rooms;

/// <summary>The recipients of a signal to a room.</summary>
/// <param name="Sender">The sender's membership; null if an application sends.</param>
/// <param name="Members">The recipients. The sender is one of them if its other devices get the signal as well.</param>
/// <param name="IsPrivate">Whether it is for one member only.</param>
internal sealed record RoomAddress(
    RoomRoster Roster,
    RoomMember? Sender,
    IReadOnlyList<RoomMember> Members,
    bool IsPrivate
)
{
    /// <summary>Whether any recipient other than the sender is anonymous.</summary>
    public bool HasAnonymous =>
        Members.Count == Roster.Members.Count
            ? Roster.AnonymousMembers > (Sender is { Anonymous: true } ? 1 : 0)
            : Members.Any(member => member.Anonymous && member.UserId != Sender?.UserId);

    /// <summary>The recipients without the sender.</summary>
    public IReadOnlyList<RoomMember> Others => [.. Members.Where(member => member.UserId != Sender?.UserId)];
}
