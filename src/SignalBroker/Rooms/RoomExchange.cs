using SignalBroker.Broker;
using SignalBroker.Presence;
using SignalBroker.Sessions;
using SignalBroker.Signals;
using SignalBroker.Visibility;

namespace SignalBroker.Rooms;

/// <summary>Sends one signal to a room, or to one of its members.</summary>
internal sealed class RoomExchange(
    RoomAddresses addresses,
    RoomFanOut fanOut,
    RoomInbox inbox,
    CopyLimiter copies,
    HiddenQueue queue,
    EvenAnswer even,
    VisibilityPolicy visibility,
    RoomEnvelopeWriter envelopes,
    IOptions<SignalsOptions> signals
)
{
    /// <summary>Publishes the signal, or stores it, and counts whom it reached.</summary>
    /// <exception cref="RefusedException">The sender may not send it, or it has no recipient.</exception>
    public async Task<RoomReached> SendAsync(Sender sender, SignalId id, SignalRequest request)
    {
        var address = await addresses.FindAsync(sender, request);
        var isHidden = Hides(sender, address);
        if (request.Store is not null)
        {
            copies.CountStored(
                sender.Session,
                address.Members.Count,
                request.Content.Length + EnvelopeWriter.RoomForTheRest
            );
            if (isHidden)
            {
                // Otherwise a full inbox would tell: it refuses a signal to a member who is away, and one who listens
                // needs none.
                request.Store = StoreKind.Always;
                return await even.AfterAsync(
                    sender.Session!.ListeningKey,
                    () => inbox.SendAsync(sender, id, address, request, isHidden)
                ) with
                {
                    IsHidden = true,
                };
            }

            await queue.TurnAsync(sender);
            return await inbox.SendAsync(sender, id, address, request, isHidden);
        }

        if (isHidden)
        {
            // By members, because the number of their sessions would tell who listens.
            copies.Count(sender.Session, address.Members.Count);
            fanOut.PublishHidden(address.Members, sender.Session!, Write(sender, id, address, request));
            return new(address.Roster.Room.RoomId, address.Others.Count, Listening: 0, [], IsHidden: true);
        }

        await queue.TurnAsync(sender);
        return await PublishAsync(sender, id, address, request);
    }

    // Comparing when an anonymous member listens with when users do would reveal who it is.
    private bool Hides(Sender sender, RoomAddress address) =>
        sender.Session is not null && (visibility.HidesMembers || address.HasAnonymous);

    private async Task<RoomReached> PublishAsync(Sender sender, SignalId id, RoomAddress address, SignalRequest request)
    {
        var audience = await fanOut.FindAsync(address.Members, sender.Session);
        copies.Count(sender.Session, audience.Sessions);
        var copy = Write(sender, id, address, request);
        var nodes = await fanOut.PublishAsync(audience, address.Members, sender.Session, copy);
        var isLost = address.IsPrivate && nodes.All(node => node.Outcome == PublishOutcome.NotListening);
        return new(
            address.Roster.Room.RoomId,
            address.Others.Count,
            audience.Listening,
            nodes,
            isLost ? RoomProblems.MemberNotListening : null
        );
    }

    private RoomCopy Write(Sender sender, SignalId id, RoomAddress address, SignalRequest request) =>
        RoomCopy.Of(id, envelopes.Write(id, sender, address, request), request.TimeToLive ?? signals.Value.TimeToLive);
}
