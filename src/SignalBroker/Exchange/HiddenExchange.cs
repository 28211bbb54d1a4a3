using SignalBroker.Inbox;
using SignalBroker.Presence;
using SignalBroker.Sessions;
using SignalBroker.Signals;
using SignalBroker.Visibility;

namespace SignalBroker.Exchange;

/// <summary>Sends signals to users whom the sender may not see, so that neither the answer nor its time tells whether they listen.</summary>
/// <remarks>
/// Whether somebody is hidden is found out from what the sender's own sessions and rooms are. Then the signal is answered, and
/// only after that anything is asked about its addressee. What is stored is answered when it is, but at an even moment.
/// </remarks>
internal sealed class HiddenExchange(
    VisibilityPolicy visibility,
    SessionDirectory directory,
    SignalRouter router,
    HiddenQueue queue,
    EvenAnswer even,
    InboxSender inbox,
    SignalsMetrics metrics
)
{
    /// <summary>Sends the signal if its addressee is hidden from its sender.</summary>
    /// <returns>What is answered; null when nothing is hidden, so that nothing was sent.</returns>
    public async ValueTask<Exchanged?> TrySendAsync(Sender sender, SignalId id, string addressee, SignalRequest signal)
    {
        if (sender.Session is not { } viewer || await MaySeeAsync(viewer, signal))
        {
            return null;
        }

        if (signal.Store is not null)
        {
            // Also with 'ifOffline', or it would be seen whether it was. Its place in the inbox would tell how many others
            // have written.
            signal.Store = StoreKind.Always;
            await even.AfterAsync(viewer.ListeningKey, () => inbox.SendAsync(sender, id, addressee, signal));
            return new Exchanged.Hidden(id, IsStored: true);
        }

        // The request's bytes are gone after the answer.
        var kept = signal.Copy();
        queue.Add(
            viewer.ListeningKey,
            kept.Content.Length,
            async () =>
            {
                var sessions = await FindAsync(kept);
                return () => PublishAsync(sender, id, kept, sessions);
            }
        );
        return new Exchanged.Hidden(id, IsStored: false);
    }

    // An original page only says who it is. A session that is gone could have been anybody's.
    private async ValueTask<bool> MaySeeAsync(Session viewer, SignalRequest signal) =>
        !viewer.OriginalClient
        && (
            signal.ToSession is { } key
                ? await directory.OwnsAsync(viewer.UserId, key)
                    || await visibility.MaySeeSessionAsync(viewer.UserId, key)
                : await visibility.MaySeeAsync(viewer.UserId, signal.To!)
        );

    private async Task<Session[]> FindAsync(SignalRequest signal)
    {
        if (signal.ToSession is { } key)
        {
            return await directory.FindNowAsync(key) is { } session ? [session] : [];
        }

        var sessions = await directory.FindListeningNowAsync(signal.To!);
        return signal.Device is { } device ? Array.FindAll(sessions, session => session.Device == device) : sessions;
    }

    private async Task PublishAsync(Sender sender, SignalId id, SignalRequest signal, Session[] sessions)
    {
        if (sessions.Length == 0)
        {
            await router.RouteNowhereAsync(sender, id, signal);
            return;
        }

        foreach (var (session, outcome) in await router.RouteAsync(sender, id, signal, sessions))
        {
            metrics.Routed(session.Node, outcome);
        }
    }
}
