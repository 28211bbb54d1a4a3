using SignalBroker.Sessions;

namespace SignalBroker.Rooms;

/// <summary>Ends memberships and rooms, and tells the members.</summary>
internal sealed class Departures(
    RoomStore store,
    MembershipStore memberships,
    RoomDirectory rooms,
    RoomSignals signals,
    IOptions<RoomsOptions> options
) : IUserData
{
    // Members are told of each departure, and a pass must come to an end.
    private const int MaxAtOnce = 1000;

    /// <summary>Ends a membership; when the host leaves, the room is closed.</summary>
    /// <param name="actor">The session that leaves; null when the user has none.</param>
    public async Task LeaveAsync(RoomRoster roster, RoomMember member, Session? actor)
    {
        if (roster.Room.Kind == RoomKind.Host && member == roster.Owner)
        {
            await CloseAsync(roster, actor);
        }
        else
        {
            await EndAsync(roster, member, RoomEvent.Left, actor);
        }
    }

    /// <summary>Removes a member, whose user may not join again for a while.</summary>
    public Task RemoveAsync(RoomRoster roster, RoomMember member, Session actor) =>
        EndAsync(roster, member, RoomEvent.Removed, actor, options.Value.RemovedFor);

    public async Task CloseAsync(RoomRoster roster, Session? actor)
    {
        if (await store.CloseAsync(roster.Room.RoomId, roster.Room.Owner))
        {
            await signals.TellClosedAsync(roster, actor);
        }
    }

    /// <summary>Ends the memberships of anonymous users who have been away for too long.</summary>
    public async Task ForgetAnonymousAsync(TimeSpan awayFor) =>
        await EndAllAsync(await memberships.FindForgottenAsync(awayFor, MaxAtOnce));

    /// <summary>Ends a user's memberships, closes its empty rooms, and lets it into rooms that it was removed from.</summary>
    public async Task EraseAsync(string userId)
    {
        await EndAllAsync(await memberships.FindOfAsync(userId));
        foreach (var roomId in await store.FindEmptyOfAsync(userId))
        {
            await store.CloseAsync(roomId, userId);
        }

        await memberships.EraseDeparturesAsync(userId);
    }

    private async Task EndAllAsync(IEnumerable<(string RoomId, string MemberId)> ended)
    {
        foreach (var (roomId, memberId) in ended)
        {
            if (await rooms.FindNowAsync(roomId) is { } roster && roster.FindMember(memberId) is { } member)
            {
                await LeaveAsync(roster, member, actor: null);
            }
        }
    }

    private async Task EndAsync(
        RoomRoster roster,
        RoomMember member,
        RoomEvent happened,
        Session? actor,
        TimeSpan? removedFor = null
    )
    {
        if (await memberships.LeaveAsync(roster.Room.RoomId, member, removedFor) is { } version)
        {
            await signals.TellAsync(roster.Room.RoomId, happened, version, member, actor);
        }
    }
}
