using SignalBroker.Client.Http;
using SignalBroker.Client.WebSockets;

namespace SignalBroker.Client.Listening;

/// <summary>Takes one envelope, which is only valid until it returns; more of them wait until its task has ended.</summary>
internal delegate ValueTask EnvelopeReceived(ReadOnlyMemory<byte> envelope);

/// <summary>One way on which a session's signals come in, until it is lost.</summary>
/// <remarks>While nothing comes it holds no buffer of its own, and no timer.</remarks>
internal abstract class Listener(TimeProvider time, EnvelopeReceived received) : IDisposable
{
    private readonly CancellationTokenSource ending = new();
    private CancellationTokenSource? starting;
    private List<Task>? held;
    private Interruption? reason;
    private long lastHeard = time.GetTimestamp();
    private volatile bool isHeldUp;

    /// <summary>Which way it is.</summary>
    public abstract ListensBy By { get; }

    /// <summary>Whether <see cref="SendAsync"/> is possible, and its answer can come.</summary>
    public virtual bool CanSend => false;

    /// <summary>Every how many seconds <see cref="Beat"/> is to be called.</summary>
    public int BeatEvery { get; protected set; }

    /// <summary>Whether the other side has ever said a word.</summary>
    protected bool WasReached { get; private set; }

    /// <summary>What is at the other end, for people.</summary>
    protected abstract string OtherSide { get; }

    /// <summary>After which silence the other side is given up; zero for never.</summary>
    protected TimeSpan MaxSilence { get; set; }

    /// <summary>Whether it reads nothing until what came has been taken.</summary>
    protected bool IsHeldUp => isHeldUp;

    /// <summary>Cancelled when it ends.</summary>
    protected CancellationToken Ending => ending.Token;

    /// <summary>Why no more comes; null as long as it does.</summary>
    protected Interruption? Reason => Volatile.Read(ref reason);

    /// <summary>Hands out what comes until it is lost or <see cref="End"/> is called.</summary>
    /// <returns>Why no more comes.</returns>
    public async Task<Interruption> ListenAsync()
    {
        try
        {
            while (await ReceiveAsync(CancellationToken.None)) { }
        }
        catch (Exception broken) when (IsLoss(broken) || broken is OperationCanceledException)
        {
            Lose($"The connection to the {OtherSide} broke: {broken.Message}");
        }

        return Reason!;
    }

    /// <summary>Sends a signal's body the same way; its answer is an envelope.</summary>
    /// <exception cref="ListeningFailedException">It was lost before.</exception>
    public virtual Task SendAsync(
        OpenSession session,
        ReadOnlyMemory<byte> body,
        CancellationToken cancellationToken
    ) => throw new NotSupportedException();

    /// <summary>Breaks it; <see cref="ListenAsync"/> returns the reason, if it is the first one.</summary>
    public void End(Interruption why)
    {
        Interlocked.CompareExchange(ref reason, why, null);
        ending.Cancel();
        Break();
    }

    /// <summary>Takes leave of the other side and breaks it.</summary>
    public virtual Task CloseAsync(Interruption why)
    {
        End(why);
        return Task.CompletedTask;
    }

    /// <summary>Says that this listener is there, and gives the other side up when it has been silent for too long.</summary>
    /// <returns>Whether it shall be asked again.</returns>
    public bool Beat()
    {
        if (Reason is not null)
        {
            return false;
        }

        // Held up, it is the application that does not read what the other side may have said.
        var silence = time.GetElapsedTime(Volatile.Read(ref lastHeard));
        if (MaxSilence > TimeSpan.Zero && silence > MaxSilence && !isHeldUp)
        {
            End(Lost($"The {OtherSide} has been silent for {silence.TotalSeconds:0} s."));
            return false;
        }

        Say();
        return true;
    }

    /// <inheritdoc />
    public void Dispose() => End(Lost("The connection was closed."));

    /// <summary>Waits for the other side's next words and hears them.</summary>
    /// <returns>Whether there may be more; if not, the reason is known.</returns>
    protected abstract ValueTask<bool> ReceiveAsync(CancellationToken cancellationToken);

    /// <summary>Closes what it holds; called again, it does nothing.</summary>
    protected abstract void Break();

    /// <summary>Says that this listener is there, where the other side wants to hear it.</summary>
    protected virtual void Say() { }

    /// <summary>Whether such a failure means that the other side is gone.</summary>
    protected static bool IsLoss(Exception failure) =>
        failure
            is System.Net.WebSockets.WebSocketException
                or HttpRequestException
                or IOException
                or System.Net.Sockets.SocketException
                or System.Security.Authentication.AuthenticationException
                or InvalidDataException
                or InvalidOperationException;

    /// <summary>No more comes.</summary>
    protected void Lose(string why) => Interlocked.CompareExchange(ref reason, Lost(why), null);

    /// <summary>The other side has said a word: nothing is in the way, and it may take its usual time for the rest.</summary>
    protected void Reached()
    {
        WasReached = true;
        starting?.CancelAfter(WayChoice.Usual);
    }

    /// <summary>Something has come.</summary>
    protected void Heard() => Volatile.Write(ref lastHeard, time.GetTimestamp());

    /// <summary>Hands an envelope on; if it can't be taken at once, <see cref="HoldUpAsync"/> waits for that.</summary>
    protected void HandOn(ReadOnlyMemory<byte> envelope)
    {
        var taken = received(envelope);
        if (!taken.IsCompletedSuccessfully)
        {
            (held ??= []).Add(taken.AsTask());
        }
    }

    /// <summary>Waits until everything that came has been taken.</summary>
    protected ValueTask HoldUpAsync()
    {
        return held is null ? ValueTask.CompletedTask : new(WaitAsync());

        async Task WaitAsync()
        {
            isHeldUp = true;
            await Task.WhenAll(held!).WaitAsync(ending.Token);
            held = null;
            Heard();
            isHeldUp = false;
        }
    }

    /// <summary>Begins to listen with what was just made, or says why that is not possible.</summary>
    protected static async Task<T> StartAsync<T>(
        T listener,
        Func<T, CancellationToken, Task> begin,
        TimeProvider time,
        TimeSpan within,
        CancellationToken cancellationToken
    )
        where T : Listener
    {
        using var patience = new CancellationTokenSource(within, time);
        listener.starting = patience;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            await begin(listener, limit.Token);
            Pulse.Of(time).Add(listener);
            return listener;
        }
        catch (Exception failure)
        {
            listener.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            var why = failure switch
            {
                ListeningFailedException => failure.Message,
                OperationCanceledException => $"The {listener.OtherSide} did not confirm in time.",
                _ when failure is SignalBrokerException || IsLoss(failure) =>
                    $"The {listener.OtherSide}: {failure.Message}",
                _ => null,
            };
            if (why is null)
            {
                throw;
            }

            throw new ListeningFailedException(why, failure)
            {
                // The webapp answers so while the session's node is away.
                WasReached = listener.WasReached || failure is ServerRefusedException { Status: 503 },
            };
        }
        finally
        {
            listener.starting = null;
        }
    }

    private static Interruption Lost(string why) => new(SignalBrokerCode.ListeningLost, why);
}
