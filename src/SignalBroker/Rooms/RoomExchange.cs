using Microsoft.Extensions.Options;
using SignalBroker.Broker;
using SignalBroker.Compatibility;
using SignalBroker.Http;
using SignalBroker.Sessions;
using SignalBroker.Signals;

namespace SignalBroker.Rooms;

/// <summary>Sends one signal to a room, or to one of its members.</summary>
public sealed class RoomExchange(
    RoomDirectory rooms,
    RoomFanOut fanOut,
    RoomInbox inbox,
    OriginalClient originalClient,
    IOptions<RoomsOptions> options,
    IOptions<SignalsOptions> signals,
    TimeProvider clock
)
{
    private readonly int burst = 2 * options.Value.CopiesPerSecondOfSession;

    private readonly TokenBuckets<string> copies = new(
        options.Value.CopiesPerSecondOfSession,
        2 * options.Value.CopiesPerSecondOfSession,
        clock
    );

    /// <summary>Publishes the signal, or stores it, and counts whom it reached.</summary>
    /// <exception cref="RefusedException">The sender may not send it, or there is nobody whom it is for.</exception>
    public async Task<RoomReached> SendAsync(Sender sender, SignalId id, SignalRequest request)
    {
        var address = await AddressAsync(sender, request);
        if (request.Store is not null)
        {
            Count(sender, address.Members.Count);
            return await inbox.SendAsync(sender, id, address, request);
        }

        var audience = await fanOut.FindAsync(address.Members, sender.Session);
        Count(sender, audience.Sessions);
        var envelope = RoomEnvelope.Write(
            id,
            sender,
            address,
            request,
            nameSession: !originalClient.Enabled,
            clock.GetUtcNow()
        );
        var copy = new RoomCopy(
            Topology.KeyOfCopies(id.ToString()),
            envelope.Written,
            request.TimeToLive ?? signals.Value.TimeToLive
        );
        var nodes = await fanOut.PublishAsync(audience, address.Members, sender.Session, copy);
        if (nodes.All(node => node.Outcome != PublishOutcome.Unknown))
        {
            // Otherwise the envelope may still wait to be written to a node.
            envelope.Dispose();
        }

        var members = address.Members.Count(member => member.UserId != sender.Session?.UserId);
        var isLost = address.IsPrivate && nodes.All(node => node.Outcome == PublishOutcome.NotListening);
        return new(
            address.Roster.Room.RoomId,
            members,
            audience.Listening,
            nodes,
            isLost ? RoomProblems.MemberNotListening : null
        );
    }

    private void Count(Sender sender, int made)
    {
        if (sender.Session is { } session && copies.Take(session.ListeningKey, Math.Min(made, burst)) is { } wait)
        {
            throw new RefusedException(Problem.TooManyRequests(wait));
        }
    }

    /// <summary>Finds out whom a signal to a room is for.</summary>
    /// <exception cref="RefusedException">The sender may not send it, or there is nobody whom it is for.</exception>
    public async ValueTask<RoomAddress> AddressAsync(Sender sender, SignalRequest request)
    {
        if (sender.Session is { OriginalClient: true })
        {
            // Nothing has proved who it is.
            throw new RefusedException(Problem.Unauthorized);
        }

        var roster = await rooms.FindAsync(request.ToRoom!) ?? throw new RefusedException(RoomProblems.NotFound);
        var from = sender.Session is { } session
            ? roster.FindUser(session.UserId) ?? throw new RefusedException(RoomProblems.NotAMember)
            : null;
        var reachesAll = from is null || roster.Room.Kind == RoomKind.Broadcast || from == roster.Owner;
        if (request.ToMember is { } memberId)
        {
            var member = roster.FindMember(memberId) ?? throw new RefusedException(RoomProblems.MemberNotFound);
            return reachesAll || member == roster.Owner
                ? new(roster, from, [member], IsPrivate: true)
                : throw new RefusedException(RoomProblems.HostOnly);
        }

        return new(
            roster,
            from,
            reachesAll ? roster.Members
                : roster.Owner is { } host ? [host]
                : [],
            IsPrivate: false
        );
    }
}
