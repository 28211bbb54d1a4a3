using SignalBroker.Client.Http;

namespace SignalBroker.Client.Listening;

/// <summary>Has a successor take over from the session that listens, which goes on meanwhile.</summary>
internal sealed class Succession(
    SignalBrokerClient client,
    Webapp webapp,
    ListenerStart start,
    CurrentSession current,
    EnvelopeReceived received,
    TimeProvider time
)
{
    /// <summary>Tries once, and returns when the old session's socket is closed.</summary>
    /// <exception cref="SignalBrokerException">No successor listens: the old session goes on.</exception>
    public async Task TryAsync(ListeningSession old, Markers markers, CancellationToken stop)
    {
        var session =
            await webapp.TakeOverAsync(old.Session, listens: true, stop)
            ?? throw new ListeningFailedException("The webapp lets no session take over from this one.");
        var hold = new Hold(received);
        var listener = await ListenAsync(old, session, hold, stop);
        var handover = new Handover(old.Listener, listener, hold, markers, time);
        var successor = new ListeningSession(session, listener, handover.Answered);
        var closed = new TaskCompletionSource<ListeningSession>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!current.Follow(old, successor, closed.Task))
        {
            // The old session was lost, or the client closed, at that moment.
            await listener.CloseAsync(Connection.ClosedByApplication);
            await webapp.DisconnectAsync(session);
            return;
        }

        try
        {
            client.Moved(successor);
            await handover.FinishAsync(client.AnsweredAsync(old.Listener));
        }
        finally
        {
            await handover.CloseAsync();
            client.Left(old.Listener);
            closed.SetResult(successor);
        }
    }

    // The webapp takes the successor's credential from the beginning, and may take the old one's no more.
    private async Task<Listener> ListenAsync(
        ListeningSession old,
        OpenSession session,
        Hold hold,
        CancellationToken stop
    )
    {
        current.Prepare(old, session);
        try
        {
            return await start.BeginAsync(session, hold.TakeAsync, stop);
        }
        catch
        {
            current.Prepare(old, successor: null);
            throw;
        }
    }
}
