using System.Runtime.CompilerServices;
using SignalBroker.Inbox;
using SignalBroker.Rooms;
using SignalBroker.Sessions;
using SignalBroker.Signals;
using SignalBroker.Users;
using SignalBroker.Visibility;

namespace SignalBroker.Exchange;

/// <summary>What is the same for every signal, whichever way it comes in.</summary>
internal sealed class SignalExchange(
    SignalRouter router,
    RoomExchange rooms,
    InboxSender inbox,
    HiddenExchange hidden,
    HiddenQueue queue,
    VisibilityPolicy visibility,
    Registry registry,
    SessionOutcomes sessions,
    SignalsMetrics metrics
)
{
    /// <summary>Routes the signal, or stores it.</summary>
    [AsyncMethodBuilder(typeof(ReusingMethodBuilder<>))]
    public async ValueTask<Exchanged> SendAsync(Sender sender, SignalRequest signal)
    {
        var id = SignalId.Of(signal.Id);
        if (signal.ToRoom is not null)
        {
            var reached = await rooms.SendAsync(sender, id, signal);
            return reached.IsHidden
                ? new Exchanged.Hidden(id, IsStored: signal.Store is not null, reached)
                : new Exchanged.SentToRoom(id, reached);
        }

        if (
            (!visibility.IsOpen || (registry.IsKept && signal.Store is not null))
            && await TrySendOtherwiseAsync(sender, id, signal) is { } otherwise
        )
        {
            return otherwise;
        }

        await queue.TurnAsync(sender);
        var sent = await SendAsync(sender, id, NameOf(signal), signal);
        foreach (var (session, outcome) in sent.Outcomes)
        {
            metrics.Routed(session.Node, outcome);
        }

        return registry.IsKept && signal.To is { } userId && sent.ReachedNobody && !await registry.KnowsAsync(userId)
            ? new Exchanged.UserUnknown(id, userId)
            : sent;
    }

    /// <summary>Begins to send several signals of one sender; those to the same addressee keep their order.</summary>
    public SignalSequence Begin(Sender sender) => new(this, sender);

    /// <summary>Whether nothing has to be known of a signal but the sessions that it goes to.</summary>
    internal bool IsPlain(SignalRequest signal) =>
        signal is { ToRoom: null, Store: null } && visibility.IsOpen && !registry.IsKept;

    /// <summary>The sessions that a signal goes to.</summary>
    internal ValueTask<Session[]> FindAsync(SignalRequest signal) => router.FindAsync(signal);

    /// <summary>Publishes a plain signal to these sessions, before this returns.</summary>
    internal async Task<Exchanged> PublishAsync(Sender sender, SignalRequest signal, Session[] to)
    {
        var id = SignalId.Of(signal.Id);
        var outcomes = await router.RouteAsync(sender, id, signal, to, mayFindOthers: true);
        foreach (var (session, outcome) in outcomes)
        {
            metrics.Routed(session.Node, outcome);
        }

        return new Exchanged.Sent(id, NameOf(signal), outcomes, Kept: null, sessions);
    }

    [AsyncMethodBuilder(typeof(ReusingMethodBuilder<>))]
    private async ValueTask<Exchanged.Sent> SendAsync(
        Sender sender,
        SignalId id,
        string addressee,
        SignalRequest signal
    )
    {
        if (signal.Store is null)
        {
            return new(id, addressee, await router.RouteAsync(sender, id, signal), Kept: null, sessions);
        }

        var stored = await inbox.SendAsync(sender, id, addressee, signal);
        return new(id, addressee, stored.Outcomes, stored.Kept, sessions);
    }

    // Null where it goes the usual way.
    private async Task<Exchanged?> TrySendOtherwiseAsync(Sender sender, SignalId id, SignalRequest signal) =>
        signal.To is { } userId && registry.IsKept && !await registry.KnowsAsync(userId)
            ? new Exchanged.UserUnknown(id, userId)
        : visibility.IsOpen ? null
        : await hidden.TrySendAsync(sender, id, NameOf(signal), signal);

    private static string NameOf(SignalRequest signal) =>
        signal switch
        {
            { To: { } user, Device: { } device } => $"Device {device} of {user}",
            { To: { } user } => user,
            _ => "The session",
        };
}
