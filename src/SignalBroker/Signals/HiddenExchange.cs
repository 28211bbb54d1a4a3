using SignalBroker.Inbox;
using SignalBroker.Presence;
using SignalBroker.Sessions;

namespace SignalBroker.Signals;

/// <summary>Sends signals to users whom the sender may not see, so that the answer does not tell whether they listen.</summary>
/// <remarks>
/// Neither does the time until the answer: the database is always asked, where for others memory would serve those who
/// listen, and nobody waits for the broker.
/// </remarks>
public sealed partial class HiddenExchange(
    Visibility visibility,
    SessionDirectory directory,
    SignalRouter router,
    InboxSender inbox,
    SignalsMetrics metrics,
    ILogger<HiddenExchange> logger
)
{
    /// <summary>How much the sender is told of a signal to a room: little, where it may not see the room's members either.</summary>
    public ExchangeAnswer AnswerToRoom(Sender sender, SignalRequest signal) =>
        !visibility.HidesMembersFrom(sender) ? ExchangeAnswer.Everything
        : signal.Store == StoreKind.Always ? ExchangeAnswer.Stored
        : ExchangeAnswer.Accepted;

    /// <summary>Sends the signal if its addressee is hidden from its sender.</summary>
    /// <returns>What is answered; null when nothing is hidden, so that nothing was sent.</returns>
    public async ValueTask<Exchanged?> TrySendAsync(Sender sender, SignalId id, string addressee, SignalRequest signal)
    {
        if (sender.Session is not { } viewer)
        {
            return null;
        }

        if (signal.ToSession is { } key)
        {
            // A session that is gone looks like one of somebody who is hidden.
            var session = await directory.FindNowAsync(key);
            if (await MaySeeAsync(viewer, session?.UserId ?? ""))
            {
                return null;
            }

            Publish(sender, id, signal, session is null ? [] : [session]);
            return Accepted(id, addressee);
        }

        if (await MaySeeAsync(viewer, signal.To!))
        {
            return null;
        }

        if (signal.Store is not null)
        {
            // Also with 'ifOffline', or it would be seen whether it was. Its place in the inbox would tell how many others
            // have written.
            signal.Store = StoreKind.Always;
            return await inbox.SendAsync(sender, id, addressee, signal) with { Answer = ExchangeAnswer.Stored };
        }

        var sessions = await directory.FindListeningNowAsync(signal.To!);
        var named = signal.Device is { } device
            ? Array.FindAll(sessions, session => session.Device == device)
            : sessions;
        Publish(sender, id, signal, named);
        return Accepted(id, addressee);
    }

    // An original page only says who it is.
    private async ValueTask<bool> MaySeeAsync(Session viewer, string userId) =>
        await visibility.MaySeeAsync(viewer.UserId, userId) && !viewer.OriginalClient;

    // The envelope is written before this returns, so the request may go.
    private void Publish(Sender sender, SignalId id, SignalRequest signal, Session[] sessions) =>
        _ = PublishAsync(sender, id, signal, sessions);

    private async Task PublishAsync(Sender sender, SignalId id, SignalRequest signal, Session[] sessions)
    {
        try
        {
            foreach (var (session, outcome) in await router.RouteAsync(sender, id, signal, sessions))
            {
                metrics.Routed(session.Node, outcome);
            }
        }
        catch (Exception failure)
        {
            LogNotPublished(failure.Message);
        }
    }

    private static Exchanged Accepted(SignalId id, string addressee) =>
        new(id, addressee, [], Answer: ExchangeAnswer.Accepted);

    [LoggerMessage(LogLevel.Warning, "A signal to somebody who is hidden from its sender was not published: {Reason}")]
    private partial void LogNotPublished(string reason);
}
