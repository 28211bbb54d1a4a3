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
    /// <summary>Whether the sender may see nobody, the members of its rooms included.</summary>
    public bool HidesRooms(Sender sender) => visibility.Rule == PresenceVisibility.Nobody && sender.Session is not null;

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
            if (await visibility.MaySeeAsync(viewer.UserId, session?.UserId ?? ""))
            {
                return null;
            }

            Publish(sender, id, signal, session is null ? [] : [session]);
            return Accepted(id, addressee);
        }

        if (await visibility.MaySeeAsync(viewer.UserId, signal.To!))
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
