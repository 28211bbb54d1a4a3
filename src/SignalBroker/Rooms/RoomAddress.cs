using SignalBroker.Identity;
using SignalBroker.Signals;

namespace SignalBroker.Rooms;

/// <summary>Who gets a signal that is sent to a room.</summary>
/// <param name="Sender">The sender's membership; null where an application sends.</param>
/// <param name="Members">The members that it is for. The sender is one of them where its other devices get it as well.</param>
/// <param name="IsPrivate">Whether it is for one member only.</param>
internal sealed record RoomAddress(
    RoomRoster Roster,
    RoomMember? Sender,
    IReadOnlyList<RoomMember> Members,
    bool IsPrivate
)
{
    /// <summary>Whether somebody other than the sender is anonymous among the members that it is for.</summary>
    public bool HasAnonymous =>
        Members.Count == Roster.Members.Count
            ? Roster.AnonymousMembers > (Sender is { Anonymous: true } ? 1 : 0)
            : Members.Any(member => member.Anonymous && member.UserId != Sender?.UserId);

    /// <summary>The members that it is for, without the sender.</summary>
    public IReadOnlyList<RoomMember> Others => [.. Members.Where(member => member.UserId != Sender?.UserId)];
}
