using SignalBroker.Client.Http;

namespace SignalBroker.Client.Listening;

/// <summary>Hears of a connection's state; a session comes with <see cref="ClientState.Listening"/> only.</summary>
internal delegate void ConnectionChanged(ClientState state, OpenSession? session);

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
    private readonly Lock changing = new();
    private (OpenSession Session, Listener Listener)? current;
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
                }
                catch (Exception failure) when (ProblemThatMayPass(failure) is { } passing)
                {
                    problem = passing;
                    retryAfter = (failure as ServerRefusedException)?.RetryAfter ?? TimeSpan.Zero;
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
        catch (Exception failure)
        {
            return failure;
        }
    }

    /// <summary>The webapp no longer knows the session.</summary>
    public void Expired(OpenSession session)
    {
        Listener? listener = null;
        lock (changing)
        {
            if (current is { } listening && ReferenceEquals(listening.Session, session))
            {
                listener = listening.Listener;
            }
        }

        listener?.End(new(SignalBrokerCode.Unauthorized, "The webapp no longer knows the session."));
    }

    /// <summary>Ends the session at the webapp and at the node, and stays closed.</summary>
    public async ValueTask DisposeAsync()
    {
        await closing.CancelAsync();
        (OpenSession Session, Listener Listener)? last;
        lock (changing)
        {
            last = current;
        }

        if (last is { } listening)
        {
            await listening.Listener.CloseAsync(ClosedByApplication);
            await webapp.DisconnectAsync(listening.Session);
        }
    }

    private ClientState Waiting(Interruption? problem, DateTimeOffset? retryAt) =>
        hasListened ? new ClientState.Reconnecting(problem!, retryAt) : new ClientState.Connecting(problem, retryAt);

    private async Task<Interruption> ListenOnceAsync()
    {
        var session = await webapp.OpenSessionAsync(closing.Token);
        Listener? listener = null;
        try
        {
            listener = await Listener.StartAsync(webapp.Http, session, options, received, closing.Token);
        }
        finally
        {
            if (listener is null)
            {
                // Nobody else ends it before it expires.
                await webapp.DisconnectAsync(session);
            }
        }

        using (listener)
        {
            lock (changing)
            {
                closing.Token.ThrowIfCancellationRequested();
                current = (session, listener);
            }

            hasListened = true;
            var since = Time.GetTimestamp();
            changed(new ClientState.Listening(session.Info), session);
            var problem = await listener.ListenAsync();
            lock (changing)
            {
                current = null;
            }

            if (Time.GetElapsedTime(since) >= StableAfter)
            {
                backOff.Reset();
            }

            return problem;
        }
    }

    /// <summary>What went wrong, if the same may go well later.</summary>
    private Interruption? ProblemThatMayPass(Exception failure) =>
        failure switch
        {
            ServerUnreachableException unreachable => new(unreachable.Code, unreachable.Message),
            ServerRefusedException refused when MayPass(refused.Status) => new(refused.Code, refused.Message),
            ListeningFailedException => new(SignalBrokerCode.ListeningLost, failure.Message),
            TokenFailedException => new(SignalBrokerCode.TokenUnavailable, failure.Message),
            _ => null,
        };

    // A conflict may be with one's own lost session.
    private bool MayPass(int status) => status is 408 or 429 or >= 500 || (status == 409 && hasListened);
}
