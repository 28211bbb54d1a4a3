using Microsoft.Extensions.Options;
using SignalBroker.Broker;
using SignalBroker.Http;
using SignalBroker.Identity;
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
    /// <exception cref="RefusedException">The sender may not send it, or there is nobody whom it is for.</exception>
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
                // Otherwise a full inbox would tell: it refuses the signal to whoever is away, and listeners do not need it.
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
            return PublishHidden(sender, sender.Session!, id, address, request);
        }

        await queue.TurnAsync(sender);
        return await PublishAsync(sender, id, address, request);
    }

    // Whoever compares when an anonymous member listens with when the users do knows who it is.
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

    // The limit counts who listens and who does not.
    private RoomReached PublishHidden(
        Sender sender,
        Session session,
        SignalId id,
        RoomAddress address,
        SignalRequest request
    )
    {
        copies.Count(session, address.Members.Count);
        var copy = Write(sender, id, address, request);
        queue.Add(
            session.ListeningKey,
            copy.Body.Length,
            async () =>
            {
                var audience = await fanOut.FindHiddenAsync(address.Members, session);
                return () => fanOut.PublishHiddenAsync(audience, address.Members, session, copy);
            }
        );
        return new(address.Roster.Room.RoomId, address.Others.Count, Listening: 0, [], IsHidden: true);
    }

    private RoomCopy Write(Sender sender, SignalId id, RoomAddress address, SignalRequest request)
    {
        var envelope = envelopes.Write(id, sender, address, request);
        return new(
            Topology.KeyOfCopies(id.ToString()),
            envelope.Written,
            request.TimeToLive ?? signals.Value.TimeToLive,
            envelope
        );
    }
}
