using Microsoft.Extensions.Options;
using SignalBroker.Broker;
using SignalBroker.Compatibility;
using SignalBroker.Http;
using SignalBroker.Presence;
using SignalBroker.Sessions;
using SignalBroker.Signals;

namespace SignalBroker.Rooms;

/// <summary>Sends one signal to a room, or to one of its members.</summary>
public sealed class RoomExchange(
    RoomAddresses addresses,
    RoomFanOut fanOut,
    RoomInbox inbox,
    CopyLimiter copies,
    Visibility visibility,
    OriginalClient originalClient,
    IOptions<SignalsOptions> signals,
    TimeProvider clock
)
{
    /// <summary>Publishes the signal, or stores it, and counts whom it reached.</summary>
    /// <exception cref="RefusedException">The sender may not send it, or there is nobody whom it is for.</exception>
    public async Task<RoomReached> SendAsync(Sender sender, SignalId id, SignalRequest request)
    {
        var address = await addresses.FindAsync(sender, request);
        if (request.Store is not null)
        {
            copies.CountStored(sender.Session, address.Members.Count, request.Content.Length + Envelope.RoomForTheRest);
            return await inbox.SendAsync(sender, id, address, request);
        }

        return visibility.HidesMembersFrom(sender)
            ? await PublishHiddenAsync(sender, id, address, request)
            : await PublishAsync(sender, id, address, request);
    }

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

    // Neither a limit nor the time until the answer may tell who listens.
    private async Task<RoomReached> PublishHiddenAsync(
        Sender sender,
        SignalId id,
        RoomAddress address,
        SignalRequest request
    )
    {
        copies.Count(sender.Session, address.Members.Count);
        var audience = await fanOut.FindNowAsync(address.Members, sender.Session);
        fanOut.Publish(audience, address.Members, sender.Session, Write(sender, id, address, request));
        return new(address.Roster.Room.RoomId, address.Others.Count, Listening: 0, []);
    }

    private RoomCopy Write(Sender sender, SignalId id, RoomAddress address, SignalRequest request)
    {
        var envelope = RoomEnvelope.Write(
            id,
            sender,
            address,
            request,
            nameSession: !originalClient.Enabled,
            clock.GetUtcNow()
        );
        return new(
            Topology.KeyOfCopies(id.ToString()),
            envelope.Written,
            request.TimeToLive ?? signals.Value.TimeToLive,
            envelope
        );
    }
}
