using SignalBroker.Client.Http;

namespace SignalBroker.Client.Listening;

/// <summary>Begins to listen to a session, by a WebSocket or by server-sent events.</summary>
internal sealed class ListenerStart(SignalBrokerClientOptions options, Webapp webapp)
{
    private readonly WayChoice ways = new(options.Listen, options.TimeProvider);
    private readonly ProtocolChoice protocols = new(options.Protocol, options.TimeProvider);
    private bool hasOtherWay;

    /// <summary>Whether the next attempt goes another way, and so need not wait. True once.</summary>
    public bool MayGoAnotherWay()
    {
        (var mayGo, hasOtherWay) = (hasOtherWay, false);
        return mayGo;
    }

    /// <summary>Listens to a session, which is ended if that fails.</summary>
    /// <exception cref="ListeningFailedException">It is not possible this way.</exception>
    public async Task<Listener> BeginAsync(
        OpenSession session,
        EnvelopeReceived received,
        CancellationToken cancellationToken
    )
    {
        var by = ways.Next();
        try
        {
            var listener =
                by == ListensBy.WebSocket
                    ? await BeginBySocketAsync(session, received, cancellationToken)
                    : await StartAsync(
                        new StreamListener(webapp.Calls, options.TimeProvider, received),
                        session,
                        ways.Within,
                        cancellationToken
                    );
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

    private static async Task<Listener> StartAsync(
        Listener listener,
        OpenSession session,
        TimeSpan within,
        CancellationToken cancellationToken
    )
    {
        await listener.StartAsync(session, within, cancellationToken);
        return listener;
    }

    // A session that no login has used yet is good for the next protocol.
    private async Task<Listener> BeginBySocketAsync(
        OpenSession session,
        EnvelopeReceived received,
        CancellationToken cancellationToken
    )
    {
        var begun = options.TimeProvider.GetTimestamp();
        var left = ways.Within;
        ListeningFailedException? failure = null;
        var untried = new Queue<SocketProtocol>(protocols.For(session));
        while (left > TimeSpan.Zero && untried.TryDequeue(out var protocol))
        {
            try
            {
                var within = untried.Count > 0 ? ways.ForFirst(left) : left;
                var listener = NewListener(protocol, session, received);
                await listener.StartAsync(session, within, cancellationToken);
                protocols.Succeeded(protocol);
                return listener;
            }
            catch (ListeningFailedException unanswered) when (!unanswered.WasReached)
            {
                protocols.Failed(protocol);
                failure = unanswered;
                left = ways.Within - options.TimeProvider.GetElapsedTime(begun);
            }
        }

        throw failure
            ?? new ListeningFailedException(
                $"The node does not offer {options.Protocol?.ToString().ToUpperInvariant()}."
            );
    }

    private SocketListener NewListener(SocketProtocol protocol, OpenSession session, EnvelopeReceived received) =>
        protocol == SocketProtocol.Mqtt
            ? new MqttListener(webapp.Calls.Http, options, session.Mqtt!, received)
            : new StompListener(webapp.Calls.Http, options, received);
}
