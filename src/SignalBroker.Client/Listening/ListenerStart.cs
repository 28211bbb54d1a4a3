using SignalBroker.Client.Http;

namespace SignalBroker.Client.Listening;

/// <summary>Begins to listen to a session, by a WebSocket or by server-sent events.</summary>
internal sealed class ListenerStart(SignalBrokerClientOptions options, Webapp webapp, EnvelopeReceived received)
{
    private readonly WayChoice ways = new(options.Listen, options.TimeProvider);
    private bool hasOtherWay;

    /// <summary>Whether the next attempt goes another way, and so need not wait. True once.</summary>
    public bool MayGoAnotherWay()
    {
        (var mayGo, hasOtherWay) = (hasOtherWay, false);
        return mayGo;
    }

    /// <summary>Listens to a session, which is ended if that fails.</summary>
    /// <exception cref="ListeningFailedException">It is not possible this way.</exception>
    public async Task<Listener> BeginAsync(OpenSession session, CancellationToken cancellationToken)
    {
        var by = ways.Next();
        Listener listener =
            by == ListensBy.WebSocket
                ? new SocketListener(webapp.Calls.Http, options, received)
                : new StreamListener(webapp.Calls, options.TimeProvider, received);
        try
        {
            await listener.StartAsync(session, ways.Within, cancellationToken);
            ways.Succeeded(by);
            return listener;
        }
        catch (Exception failure)
        {
            hasOtherWay |= failure is ListeningFailedException { WasReached: false } && ways.Failed(by);
            // Nobody else ends the session before it expires.
            await webapp.DisconnectAsync(session);
            throw;
        }
    }
}
