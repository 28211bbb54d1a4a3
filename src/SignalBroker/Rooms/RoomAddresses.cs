using SignalBroker.Sessions;
using SignalBroker.Signals;

namespace SignalBroker.Rooms;

/// <summary>Finds the recipients of a signal to a room.</summary>
internal sealed class RoomAddresses(RoomDirectory rooms)
{
    /// <exception cref="RefusedException">The sender may not send it, or it has no recipient.</exception>
    public async ValueTask<RoomAddress> FindAsync(Sender sender, SignalRequest request)
    {
        if (sender.Session is { OriginalClient: true })
        {
            // It has not proved who it is.
            throw new RefusedException(Problem.Unauthorized);
        }

        // A stored signal must reach everyone whose join has been answered, and no refusal may rest on old memory.
        if (
            request.Store is null
            && Judge(await rooms.FindAsync(request.ToRoom!), sender, request) is { Address: { } remembered }
        )
        {
            return remembered;
        }

        var (address, refusal) = Judge(await rooms.FindCurrentAsync(request.ToRoom!), sender, request);
        return address ?? throw new RefusedException(refusal!);
    }

    private static (RoomAddress? Address, Problem? Refusal) Judge(
        RoomRoster? roster,
        Sender sender,
        SignalRequest request
    )
    {
        if (roster is null)
        {
            return (null, RoomProblems.NotFound);
        }

        var from = sender.Session is { } session ? roster.FindUser(session.UserId) : null;
        if (from is null && sender.Session is not null)
        {
            return (null, RoomProblems.NotAMember);
        }

        var reachesAll = from is null || roster.Room.Kind == RoomKind.Broadcast || from == roster.Owner;
        if (request.ToMember is { } memberId)
        {
            return roster.FindMember(memberId) is not { } member ? (null, RoomProblems.MemberNotFound)
                : reachesAll || member == roster.Owner ? (new(roster, from, [member], IsPrivate: true), null)
                : (null, RoomProblems.HostOnly);
        }

        IReadOnlyList<RoomMember> members =
            reachesAll ? roster.Members
            : roster.Owner is { } host ? [host]
            : [];
        return (new(roster, from, members, IsPrivate: false), null);
    }
}
