using SignalBroker.Client.Http;

namespace SignalBroker.Client.Listening;

/// <summary>A session and the way on which its signals come in.</summary>
internal sealed record ListeningSession(OpenSession Session, Listener Listener);

/// <summary>Hears of a connection's state; a session comes with <see cref="ClientState.Listening"/> only.</summary>
internal delegate void ConnectionChanged(ClientState state, ListeningSession? session);

/// <summary>Listens, and comes back after every loss with a new session: a key opens one socket, once.</summary>
internal sealed class Connection(
    SignalBrokerClientOptions options,
    Webapp webapp,
    ConnectionChanged changed,
    EnvelopeReceived received
) : IAsyncDisposable
{
    // A session that is lost sooner than this shows no recovery: the next wait grows.
    private static readonly TimeSpan StableAfter = TimeSpan.FromSeconds(15);
    private static readonly Interruption ClosedByApplication = new(
        SignalBrokerCode.Closed,
        "The application closed the client."
    );

    private readonly CancellationTokenSource closing = new();
    private readonly BackOff backOff = new(Random.Shared);
    private readonly WayChoice ways = new(options.Listen, options.TimeProvider);
    private readonly Lock changing = new();
    private ListeningSession? current;
    private volatile Exception? failedBy;
    private bool hasListened;

    private TimeProvider Time => options.TimeProvider;

    /// <summary>Listens, and does so again after every loss, until it is closed or refused for good.</summary>
    /// <returns>What has ended it; null when it was closed.</returns>
    public async Task<Exception?> RunAsync()
    {
        Interruption? problem = null;
        try
        {
            while (true)
            {
                changed(Waiting(problem, retryAt: null), session: null);
                var retryAfter = TimeSpan.Zero;
                try
                {
                    problem = await ListenOnceAsync();
                    closing.Token.ThrowIfCancellationRequested();
                    if (!options.Reconnects)
                    {
                        throw new ListeningFailedException(problem);
                    }
                }
                catch (SignalBrokerException failure) when (options.Reconnects && MayPass(failure))
                {
                    problem = new(failure.Code, failure.Message);
                    retryAfter = RetryAfter(failure);
                }

                closing.Token.ThrowIfCancellationRequested();
                var wait = retryAfter + backOff.Next();
                changed(Waiting(problem, Time.GetUtcNow() + wait), session: null);
                await Task.Delay(wait, Time, closing.Token);
            }
        }
        catch (OperationCanceledException) when (closing.IsCancellationRequested)
        {
            return null;
        }
        catch (HandlerFailedException failure)
        {
            return failure.InnerException;
        }
        catch (Exception failure)
        {
            return failure;
        }
    }

    /// <summary>The webapp no longer knows the session.</summary>
    public static void Expired(ListeningSession session) =>
        session.Listener.End(new(SignalBrokerCode.Unauthorized, "The webapp no longer knows the session."));

    /// <summary>A handler has thrown while the session listened: the client is closed by that.</summary>
    public void Fail(ListeningSession listening, Exception failure)
    {
        failedBy = failure;
        listening.Listener.End(new(SignalBrokerCode.ClientFailed, failure.Message));
    }

    /// <summary>Ends the session at the webapp and at the node, and stays closed.</summary>
    public async ValueTask DisposeAsync()
    {
        await closing.CancelAsync();
        ListeningSession? last;
        lock (changing)
        {
            last = current;
        }

        if (last is not null)
        {
            await last.Listener.CloseAsync(ClosedByApplication);
            await webapp.DisconnectAsync(last.Session);
        }
    }

    private static TimeSpan RetryAfter(SignalBrokerException failure) =>
        ((failure as ServerRefusedException) ?? (failure.InnerException as ServerRefusedException))?.RetryAfter
        ?? TimeSpan.Zero;

    private ClientState Waiting(Interruption? problem, DateTimeOffset? retryAt) =>
        hasListened ? new ClientState.Reconnecting(problem!, retryAt) : new ClientState.Connecting(problem, retryAt);

    private async Task<Interruption> ListenOnceAsync()
    {
        var session = await webapp.OpenSessionAsync(closing.Token);
        using var listener = await StartAsync(session);
        var listening = new ListeningSession(session, listener);
        lock (changing)
        {
            closing.Token.ThrowIfCancellationRequested();
            current = listening;
        }

        hasListened = true;
        var since = Time.GetTimestamp();
        changed(new ClientState.Listening(session.Info, listener.By), listening);
        var problem = await listener.ListenAsync();
        lock (changing)
        {
            current = null;
        }

        if (failedBy is { } failure)
        {
            throw new HandlerFailedException(failure);
        }

        if (Time.GetElapsedTime(since) >= StableAfter)
        {
            backOff.Reset();
        }

        return problem;
    }

    private async Task<Listener> StartAsync(OpenSession session)
    {
        var by = ways.Next();
        Listener? listener = null;
        try
        {
            listener =
                by == ListensBy.WebSocket
                    ? await SocketListener.StartAsync(webapp.Http, session, options, received, closing.Token)
                    : await StreamListener.StartAsync(webapp, session, options, received, closing.Token);
            ways.Succeeded(by);
            return listener;
        }
        catch (ListeningFailedException failure) when (!failure.WasReached)
        {
            ways.Failed(by);
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

    // Whether the same may go well later. A conflict may be with one's own lost session.
    private bool MayPass(SignalBrokerException failure) =>
        failure is not ServerRefusedException { Status: var status }
        || status is 408 or 429 or >= 500
        || (status == 409 && hasListened);
}

/// <summary>The application's handler has thrown; whatever it was, it says nothing of the connection.</summary>
internal sealed class HandlerFailedException(Exception cause) : Exception(cause.Message, cause);
