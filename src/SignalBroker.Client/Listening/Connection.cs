using SignalBroker.Client.Http;

namespace SignalBroker.Client.Listening;

/// <summary>Listens, and comes back after every loss with a new session: a key opens one socket, once.</summary>
internal sealed class Connection(
    SignalBrokerClient client,
    SignalBrokerClientOptions options,
    Webapp webapp,
    EnvelopeReceived received
) : IAsyncDisposable
{
    public static readonly Interruption ClosedByApplication = new(
        SignalBrokerCode.Closed,
        "The application closed the client."
    );

    private const string EndedByServer = "The server has ended the session.";

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

    private readonly BackOff backOff = new(Random.Shared);
    private readonly ListenerStart start = new(options, webapp);
    private readonly CurrentSession current = new(client);
    private volatile Exception? failedBy;
    private bool hasListened;
    private OpenSession? lost;
    private volatile Interruption? problem;

    private TimeProvider Time => options.TimeProvider;

    private CancellationToken Closing => current.Closing;

    /// <summary>Listens, and does so again after every loss, until it is closed or refused for good.</summary>
    /// <returns>What has ended it; null when it was closed.</returns>
    public async Task<Exception?> RunAsync()
    {
        try
        {
            while (true)
            {
                client.Waits(Waiting(retryAt: null));
                var retryAfter = TimeSpan.Zero;
                try
                {
                    problem = await ListenOnceAsync();
                    Closing.ThrowIfCancellationRequested();
                    if (!options.Reconnects || IsFinal(problem.Code))
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
                    retryAfter = BackOff.AskedBy(failure) ?? TimeSpan.Zero;
                }

                Closing.ThrowIfCancellationRequested();
                var wait = start.MayGoAnotherWay() ? TimeSpan.Zero : retryAfter + backOff.Next();
                client.Waits(Waiting(Time.GetUtcNow() + wait));
                await Task.Delay(wait, Time, Closing);
            }
        }
        catch (OperationCanceledException) when (Closing.IsCancellationRequested)
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

    /// <summary>The webapp no longer knows a session.</summary>
    public void Expired(ListeningSession session) =>
        current.End(
            new(SignalBrokerCode.Unauthorized, "The webapp no longer knows the session."),
            only: session.Session
        );

    /// <summary>Hears what the server tells of the session.</summary>
    public void Hear(SessionEvent told)
    {
        switch (told.Event)
        {
            case "replaced":
                // By its line, the next session ends the late one; as it resumes, it takes nobody else's place.
                current.End(webapp.MayHaveReplacedItself() ? ReplacedByItself : ReplacedByAnother);
                break;
            case "ended":
                current.End(new(SignalBrokerCode.SessionEnded, told.Reason ?? EndedByServer));
                break;
            case "move":
                Move(TimeSpan.FromMilliseconds(told.Within));
                break;
            case "moved":
                current.Hear(told);
                break;
        }
    }

    /// <summary>Closes the client because a handler threw while the session listened.</summary>
    public void Fail(Exception failure)
    {
        failedBy = (failure as HandlerFailedException)?.InnerException ?? failure;
        current.End(new(SignalBrokerCode.ClientFailed, failure.Message));
    }

    /// <summary>Ends the session at the webapp and at the node, and stays closed.</summary>
    public async ValueTask DisposeAsync() =>
        await current.CloseAsync(async last =>
        {
            await last.Listener.CloseAsync(ClosedByApplication);
            await webapp.DisconnectAsync(last.Session);
        });

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
        var listener = await TellWhenSlowAsync(
            start.BeginAsync(session, received, Closing),
            () => Unconfirmed,
            begun,
            started => started.CloseAsync(ClosedByApplication)
        );
        hasListened = true;
        var since = Time.GetTimestamp();
        var loss = await ListenAsync(new(session, listener));
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

    // Goes on with each successor, until one is lost from which none has taken over.
    private async Task<Interruption> ListenAsync(ListeningSession listening)
    {
        try
        {
            current.Begin(listening);
            client.Listens(listening);
            while (true)
            {
                var loss = await listening.Listener.ListenAsync();
                if (current.Leave(listening) is not { } successor)
                {
                    lost = MayBeResumed(loss) ? listening.Session : null;
                    return loss;
                }

                listening = await successor;
            }
        }
        finally
        {
            current.Drop();
        }
    }

    // It takes over from the session that was lost last, if the webapp still knows that one.
    private async Task<OpenSession> OpenSessionAsync()
    {
        if (lost is not null && await webapp.TakeOverAsync(lost, listens: false, Closing) is { } resumed)
        {
            return resumed;
        }

        lost = null;
        return await webapp.OpenSessionAsync(hasListened, Closing);
    }

    private void Move(TimeSpan within)
    {
        if (
            current.BeginMove(old => new(old, NewSuccession().TryAsync, start.MayGoAnotherWay, within, Time)) is
            { } move
        )
        {
            _ = RunAsync(move);
        }
    }

    private Succession NewSuccession() => new(client, webapp, start, current, received, Time);

    private async Task RunAsync(Move move)
    {
        try
        {
            await move.RunAsync();
        }
        catch (Exception failure)
        {
            Fail(failure);
        }
        finally
        {
            current.Forget(move);
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
                client.Waits(Waiting(retryAt: null));
            }
            catch (Exception failure)
            {
                // Nobody else would close what it opens.
                await current.CloseAsync(_ => Task.CompletedTask);
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

    // The server has ended any other one.
    private static bool MayBeResumed(Interruption loss) =>
        loss.Code == SignalBrokerCode.ListeningLost && loss != ReplacedByItself;

    // Whether somebody wants this client to be gone.
    private static bool IsFinal(string code) =>
        code is SignalBrokerCode.SessionReplaced or SignalBrokerCode.SessionEnded;

    // Whether a later attempt may succeed. A conflict may be with the client's own lost session.
    private bool MayPass(SignalBrokerException failure) =>
        failure switch
        {
            { Code: var code } when IsFinal(code) => false,
            ServerRefusedException { Status: var status } => status is 408 or 429 or >= 500
                || (status == 409 && hasListened),
            _ => true,
        };
}

/// <summary>The application's handler threw; whatever it threw, the connection is not to blame.</summary>
internal sealed class HandlerFailedException(Exception cause) : Exception(cause.Message, cause);
