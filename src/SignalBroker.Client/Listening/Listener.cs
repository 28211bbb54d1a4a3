using SignalBroker.Client.Http;
using SignalBroker.Client.WebSockets;

namespace SignalBroker.Client.Listening;

/// <summary>Takes one envelope, which is only valid until it returns; more of them wait until its task has ended.</summary>
internal delegate ValueTask EnvelopeReceived(ReadOnlyMemory<byte> envelope);

/// <summary>Receives a session's signals in one way, until the connection is lost.</summary>
/// <remarks>While nothing arrives it holds neither a buffer nor a timer of its own.</remarks>
internal abstract class Listener(TimeProvider time, EnvelopeReceived received) : IDisposable
{
    private readonly CancellationTokenSource ending = new();
    private CancellationTokenSource? starting;
    private Task<Interruption>? receiving;
    private List<Task>? held;
    private Interruption? reason;
    private bool wasReached;
    private long lastHeard = time.GetTimestamp();
    private volatile bool isHeldUp;

    public abstract ListensBy By { get; }

    /// <summary>What is spoken over the WebSocket, if there is one.</summary>
    public virtual SocketProtocol? Protocol => null;

    /// <summary>Whether <see cref="SendAsync"/> is possible, and its answer can arrive.</summary>
    public virtual bool CanSend => false;

    /// <summary>The seconds between two calls of <see cref="Beat"/>.</summary>
    public int BeatEvery { get; protected set; }

    /// <summary>Whether it stops reading until what has come has been taken.</summary>
    public bool IsHeldUp => isHeldUp;

    /// <summary>What is at the other end, for messages.</summary>
    protected abstract string OtherSide { get; }

    /// <summary>How long the other side may be silent; zero for any time.</summary>
    protected TimeSpan MaxSilence { get; set; }

    protected CancellationToken Ending => ending.Token;

    /// <summary>Why it has ended; null until then.</summary>
    protected Interruption? Reason => Volatile.Read(ref reason);

    /// <summary>Connects; returns when the other side has confirmed that the session listens.</summary>
    /// <exception cref="ListeningFailedException">It can't be reached, refused, or took too long.</exception>
    public async Task StartAsync(OpenSession session, TimeSpan within, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(within, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        starting = patience;
        try
        {
            await BeginAsync(session, limit.Token);
            Pulse.Of(time).Add(this);
        }
        catch (Exception failure)
        {
            Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            var why = failure switch
            {
                ListeningFailedException => failure.Message,
                OperationCanceledException => $"The {OtherSide} did not confirm in time.",
                _ when failure is SignalBrokerException || IsLoss(failure) => $"The {OtherSide}: {failure.Message}",
                _ => null,
            };
            if (why is null)
            {
                throw;
            }

            throw new ListeningFailedException(why, failure)
            {
                // The webapp answers 503 while the session's node is away.
                WasReached = wasReached || failure is ServerRefusedException { Status: 503 },
            };
        }
        finally
        {
            starting = null;
        }
    }

    /// <summary>Receives until the connection is lost or <see cref="End"/> is called, and returns the reason.</summary>
    /// <remarks>Called again, it returns the same task.</remarks>
    public Task<Interruption> ListenAsync() => receiving ??= ReceiveAllAsync();

    /// <summary>Sends a signal's body the same way; its answer is an envelope.</summary>
    /// <exception cref="ListeningFailedException">It was lost before.</exception>
    public virtual Task SendAsync(ReadOnlyMemory<byte> body, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    /// <summary>Breaks the connection; <see cref="ListenAsync"/> returns the first reason given.</summary>
    public void End(Interruption why)
    {
        Interlocked.CompareExchange(ref reason, why, null);
        ending.Cancel();
        Break();
    }

    /// <summary>Says goodbye to the other side, and ends it.</summary>
    public virtual Task CloseAsync(Interruption why)
    {
        End(why);
        return Task.CompletedTask;
    }

    /// <summary>Sends a heart-beat, and gives the other side up when it has been silent for too long.</summary>
    /// <returns>Whether to call again.</returns>
    public bool Beat()
    {
        if (Reason is not null)
        {
            return false;
        }

        // While it is held up, it is the application that does not read.
        var silence = time.GetElapsedTime(Volatile.Read(ref lastHeard));
        if (MaxSilence > TimeSpan.Zero && silence > MaxSilence && !isHeldUp)
        {
            End(Lost($"The {OtherSide} has been silent for {silence.TotalSeconds:0} s."));
            return false;
        }

        Say();
        return true;
    }

    public void Dispose() => End(Lost("The connection was closed."));

    /// <summary>Connects, and waits for the confirmation.</summary>
    protected abstract Task BeginAsync(OpenSession session, CancellationToken cancellationToken);

    /// <summary>Waits for what the other side sends next, and takes it; false after the end.</summary>
    protected abstract ValueTask<bool> ReceiveAsync(CancellationToken cancellationToken);

    /// <summary>Closes what it holds; called again, it does nothing.</summary>
    protected abstract void Break();

    /// <summary>Sends a heart-beat, where the other side wants any.</summary>
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

    protected void Lose(string why) => Interlocked.CompareExchange(ref reason, Lost(why), null);

    /// <summary>Notes that the other side has answered: it may take its usual time for the rest.</summary>
    protected void Reached()
    {
        wasReached = true;
        starting?.CancelAfter(WayChoice.Usual);
    }

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

    private async Task<Interruption> ReceiveAllAsync()
    {
        // What arrives first may already ask for the task that this one returns.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
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

    private static Interruption Lost(string why) => new(SignalBrokerCode.ListeningLost, why);
}
