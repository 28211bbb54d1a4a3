using SignalBroker.Client.Http;

namespace SignalBroker.Client.Listening;

/// <summary>Begins to listen to a session, by a WebSocket or by server-sent events.</summary>
internal sealed class ListenerStart(SignalBrokerClientOptions options, Webapp webapp, EnvelopeReceived received)
{
    private readonly WayChoice ways = new(options.Listen, options.TimeProvider);
    private bool hasOtherWay;

    /// <summary>Whether what failed last was this way only: the next attempt, which goes another one, need not wait. True once.</summary>
    public bool MayGoAnotherWay()
    {
        var mayGo = hasOtherWay;
        hasOtherWay = false;
        return mayGo;
    }

    /// <summary>Begins; if that fails, the session is ended.</summary>
    /// <exception cref="ListeningFailedException">It is not possible this way.</exception>
    public async Task<Listener> BeginAsync(OpenSession session, CancellationToken cancellationToken)
    {
        var by = ways.Next();
        Listener? listener = null;
        try
        {
            listener =
                by == ListensBy.WebSocket
                    ? await SocketListener.StartAsync(
                        webapp.Http,
                        session,
                        options,
                        received,
                        ways.Within,
                        cancellationToken
                    )
                    : await StreamListener.StartAsync(
                        webapp,
                        session,
                        options,
                        received,
                        ways.Within,
                        cancellationToken
                    );
            ways.Succeeded(by);
            return listener;
        }
        catch (ListeningFailedException failure) when (!failure.WasReached)
        {
            hasOtherWay = ways.Failed(by);
            throw;
        }
        finally
        {
            if (listener is null)
            {
                // Nobody else ends it before it expires.
                await webapp.DisconnectAsync(session);
            }
        }
    }
}
