using SignalBroker.Client.Http;

namespace SignalBroker.Client.Listening;

internal sealed record ListeningSession(OpenSession Session, Listener Listener);

/// <summary>Listens, and comes back after every loss with a new session: a key opens one socket, once.</summary>
internal sealed class Connection(
    SignalBrokerClientOptions options,
    Webapp webapp,
    Action<ClientState, ListeningSession?> changed,
    EnvelopeReceived received
) : IAsyncDisposable
{
    public static readonly Interruption ClosedByApplication = new(
        SignalBrokerCode.Closed,
        "The application closed the client."
    );

    // After a session that was lost sooner than this, the next wait grows.
    private static readonly TimeSpan StableAfter = TimeSpan.FromSeconds(15);

    // After this time an attempt reports what it waits for.
    private static readonly TimeSpan SlowAfter = TimeSpan.FromSeconds(8);
    private static readonly Interruption Unconfirmed = new(
        SignalBrokerCode.ListeningLost,
        "The server has not confirmed the subscription yet."
    );
    private static readonly Interruption ReplacedByAnother = new(
        SignalBrokerCode.SessionReplaced,
        "Another client of the user has taken the place of this one."
    );
    private static readonly Interruption ReplacedByItself = new(
        SignalBrokerCode.ListeningLost,
        "A late request of this client may have taken its place."
    );

    private readonly CancellationTokenSource closing = new();
    private readonly BackOff backOff = new(Random.Shared);
    private readonly ListenerStart start = new(options, webapp, received);
    private readonly Lock changing = new();
    private ListeningSession? current;
    private volatile Exception? failedBy;
    private bool hasListened;
    private volatile Interruption? problem;

    // One of its own requests for a session got no answer: the webapp may open that session later and end this one for
    // it.
    private bool mayReplaceItself;

    private TimeProvider Time => options.TimeProvider;

    /// <summary>Listens, and does so again after every loss, until it is closed or refused for good.</summary>
    /// <returns>What has ended it; null when it was closed.</returns>
    public async Task<Exception?> RunAsync()
    {
        try
        {
            while (true)
            {
                changed(Waiting(retryAt: null), null);
                var retryAfter = TimeSpan.Zero;
                try
                {
                    problem = await ListenOnceAsync();
                    closing.Token.ThrowIfCancellationRequested();
                    if (!options.Reconnects || problem.Code == SignalBrokerCode.SessionReplaced)
                    {
                        throw new ListeningFailedException(problem);
                    }
                }
                catch (SessionConflictException taken)
                    when (hasListened && taken.Code == SignalBrokerCode.SessionReplaced)
                {
                    // Only the network decides whether the notice or this refusal comes first.
                    throw new ListeningFailedException(new(taken.Code, taken.Message));
                }
                catch (SignalBrokerException failure) when (options.Reconnects && MayPass(failure))
                {
                    problem = new(failure.Code, failure.Message);
                    retryAfter = RetryAfter(failure);
                }

                closing.Token.ThrowIfCancellationRequested();
                var wait = start.MayGoAnotherWay() ? TimeSpan.Zero : retryAfter + backOff.Next();
                changed(Waiting(Time.GetUtcNow() + wait), null);
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

    /// <summary>Waits, for no longer than the application wants, until the client listens for the first time.</summary>
    /// <exception cref="ListeningFailedException">The time is over.</exception>
    public async Task WaitForFirstAsync(Task firstListening, CancellationToken cancellationToken)
    {
        var limit = options.ConnectTimeout ?? Timeout.InfiniteTimeSpan;
        try
        {
            await firstListening.WaitAsync(limit, Time, cancellationToken);
        }
        catch (TimeoutException) when (!firstListening.IsCompleted)
        {
            var (code, reason) = problem ?? webapp.IsWaitingFor;
            throw new ListeningFailedException(
                new(code, $"Not connected after {limit.TotalSeconds:0.###} s. {reason}")
            );
        }
    }

    public static void Expired(ListeningSession session) =>
        session.Listener.End(new(SignalBrokerCode.Unauthorized, "The webapp no longer knows the session."));

    /// <summary>Another client of the user, or a late request of this one, has taken its place.</summary>
    public void Replaced()
    {
        lock (changing)
        {
            // Only once, or two clients could replace each other forever. By its line, the next session ends the late
            // one; as it resumes, it takes nobody else's place.
            current?.Listener.End(mayReplaceItself ? ReplacedByItself : ReplacedByAnother);
            mayReplaceItself = false;
        }
    }

    /// <summary>Closes the client because a handler threw while the session listened.</summary>
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

    private ClientState Waiting(DateTimeOffset? retryAt) =>
        hasListened ? new ClientState.Reconnecting(problem!, retryAt) : new ClientState.Connecting(problem, retryAt);

    private async Task<Interruption> ListenOnceAsync()
    {
        var begun = Time.GetTimestamp();
        var session = await TellWhenSlowAsync(
            OpenSessionAsync(),
            () => webapp.IsWaitingFor,
            begun,
            webapp.DisconnectAsync
        );
        using var listener = await TellWhenSlowAsync(
            start.BeginAsync(session, closing.Token),
            () => Unconfirmed,
            begun,
            started => started.CloseAsync(ClosedByApplication)
        );
        var listening = new ListeningSession(session, listener);
        lock (changing)
        {
            closing.Token.ThrowIfCancellationRequested();
            current = listening;
        }

        hasListened = true;
        var since = Time.GetTimestamp();
        changed(new ClientState.Listening(session.Info, listener.By) { Protocol = listener.Protocol }, listening);
        var loss = await listener.ListenAsync();
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

        return loss;
    }

    private async Task<OpenSession> OpenSessionAsync()
    {
        try
        {
            return await webapp.OpenSessionAsync(hasListened, closing.Token);
        }
        catch (SignalBrokerException failure) when (failure.MayBeDone)
        {
            lock (changing)
            {
                mayReplaceItself = true;
            }

            throw;
        }
    }

    private async Task<T> TellWhenSlowAsync<T>(
        Task<T> under,
        Func<Interruption> waitsFor,
        long begun,
        Func<T, Task> undo
    )
    {
        try
        {
            var left = SlowAfter - Time.GetElapsedTime(begun);
            return await under.WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, Time);
        }
        catch (TimeoutException) when (!under.IsCompleted)
        {
            problem = waitsFor();
            try
            {
                changed(Waiting(retryAt: null), null);
            }
            catch (Exception failure)
            {
                // Nobody else would close what it opens.
                await closing.CancelAsync();
                await ((Task)under).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (under.IsCompletedSuccessfully)
                {
                    await undo(await under);
                }

                throw new HandlerFailedException(failure);
            }

            return await under;
        }
    }

    // Whether a later attempt may succeed. A conflict may be with the client's own lost session.
    private bool MayPass(SignalBrokerException failure) =>
        failure switch
        {
            { Code: SignalBrokerCode.SessionReplaced } => false,
            ServerRefusedException { Status: var status } => status is 408 or 429 or >= 500
                || (status == 409 && hasListened),
            _ => true,
        };
}

/// <summary>The application's handler threw; whatever it threw, the connection is not to blame.</summary>
internal sealed class HandlerFailedException(Exception cause) : Exception(cause.Message, cause);
