using System.Diagnostics.CodeAnalysis;
using SignalBroker.Client.Http;
using SignalBroker.Client.Listening;

namespace SignalBroker.Client.Sending;

/// <summary>Hands one signal over to the webapp, proven by a session.</summary>
internal delegate Task<Sent> Deliver(OpenSession session, OutgoingSignal signal, CancellationToken cancellationToken);

/// <summary>
/// Signals on their way out: one at a time to an addressee, so that their order stays, and none while nothing listens.
/// </summary>
internal sealed class Outbox(Deliver deliver, Action<OpenSession> expired, TimeProvider time)
{
    /// <summary>How many signals may wait while nothing listens.</summary>
    public const int MostWaiting = 100;

    /// <summary>How long a signal may wait if its sender does not say.</summary>
    public static readonly TimeSpan UsualTimeToLive = TimeSpan.FromSeconds(30);

    private readonly Lock changing = new();
    private readonly Dictionary<Addressee, LinkedList<TaskCompletionSource>> lines = [];
    private TaskCompletionSource<OpenSession> listening = NewGate();
    private SignalNotSentException? closedBy;
    private int waiting;

    /// <summary>Sends a signal when it is its turn, and again after a failure that may pass.</summary>
    /// <exception cref="SignalNotSentException">It was given up before it was sent.</exception>
    /// <exception cref="ServerRefusedException">The server refused it.</exception>
    /// <exception cref="ServerUnreachableException">The server did not answer in time.</exception>
    public async Task<Sent> SendAsync(OutgoingSignal signal, CancellationToken cancellationToken)
    {
        var limit = new TimeLimit(time, signal.TimeToLive ?? UsualTimeToLive);
        var turn = Enter(signal.To);
        try
        {
            await limit.WaitAsync(turn.Value.Task, cancellationToken);
            return await DeliverAsync(signal, limit, cancellationToken);
        }
        finally
        {
            Leave(signal.To, turn);
        }
    }

    /// <summary>A session listens: what waits is sent.</summary>
    public void Open(OpenSession session)
    {
        lock (changing)
        {
            if (closedBy is null)
            {
                Shut();
                listening.SetResult(session);
            }
        }
    }

    /// <summary>Nothing listens at the moment: what is sent waits.</summary>
    /// <param name="session">Only if it is this session that does not; null for any.</param>
    public void Pause(OpenSession? session = null)
    {
        lock (changing)
        {
            if (closedBy is null && (session is null || IsOpenFor(session)))
            {
                Shut();
            }
        }
    }

    /// <summary>Gives up what waits, and whatever comes.</summary>
    public void Close(SignalNotSentException why)
    {
        lock (changing)
        {
            Shut();
            closedBy = why;
            listening.SetException(why);
            // Often nobody waits for it.
            _ = listening.Task.Exception;
        }
    }

    private static TaskCompletionSource<OpenSession> NewGate() =>
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private bool IsOpenFor(OpenSession session) =>
        listening.Task.IsCompletedSuccessfully && ReferenceEquals(listening.Task.Result, session);

    private void Shut()
    {
        if (listening.Task.IsCompleted)
        {
            listening = NewGate();
        }
    }

    private async Task<Sent> DeliverAsync(OutgoingSignal signal, TimeLimit limit, CancellationToken cancellationToken)
    {
        var backOff = new BackOff(Random.Shared);
        while (true)
        {
            var session = await limit.WaitAsync(Listening(), cancellationToken);
            try
            {
                return await deliver(session, signal, cancellationToken);
            }
            catch (ServerRefusedException refused) when (refused.Code == SignalBrokerCode.Unauthorized)
            {
                // It was not sent: it goes out with the next session.
                Pause(session);
                expired(session);
            }
            catch (SignalBrokerException failure) when (MayPass(failure, out var retryAfter))
            {
                // One that may have been sent is sent again all the same: its receiver knows it by its id.
                var wait = retryAfter + backOff.Next();
                if (wait >= limit.Left)
                {
                    throw;
                }

                await Task.Delay(wait, time, cancellationToken);
            }
        }
    }

    private static bool MayPass(SignalBrokerException failure, out TimeSpan retryAfter)
    {
        var refused = failure as ServerRefusedException;
        retryAfter = refused?.RetryAfter ?? TimeSpan.Zero;
        return failure is ServerUnreachableException || refused is { Status: 429 or >= 502 };
    }

    private Task<OpenSession> Listening()
    {
        lock (changing)
        {
            return listening.Task;
        }
    }

    // The order of the calls is the order of the turns.
    private LinkedListNode<TaskCompletionSource> Enter(Addressee to)
    {
        lock (changing)
        {
            if (closedBy is not null)
            {
                throw closedBy;
            }

            if (waiting >= MostWaiting && !listening.Task.IsCompleted)
            {
                throw new SignalNotSentException(
                    SignalBrokerCode.QueueFull,
                    $"{MostWaiting} signals wait already for the client to listen again."
                );
            }

            if (!lines.TryGetValue(to, out var line))
            {
                lines[to] = line = [];
            }

            waiting++;
            var turn = line.AddLast(new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            if (line.Count == 1)
            {
                turn.Value.SetResult();
            }

            return turn;
        }
    }

    private void Leave(Addressee to, LinkedListNode<TaskCompletionSource> turn)
    {
        lock (changing)
        {
            waiting--;
            var line = turn.List!;
            var wasFirst = ReferenceEquals(line.First, turn);
            line.Remove(turn);
            if (line.First is not { } next)
            {
                lines.Remove(to);
            }
            else if (wasFirst)
            {
                next.Value.SetResult();
            }
        }
    }
}

/// <summary>How long a signal may still wait.</summary>
[SuppressMessage("Performance", "CA1815", Justification = "Nobody compares it.")]
internal readonly struct TimeLimit(TimeProvider time, TimeSpan limit)
{
    private readonly long begun = time.GetTimestamp();

    /// <summary>What is left of it; negative when it is over.</summary>
    public TimeSpan Left => limit - time.GetElapsedTime(begun);

    /// <summary>Waits for a task as long as there is time.</summary>
    /// <exception cref="SignalNotSentException">The time is over.</exception>
    public async Task WaitAsync(Task task, CancellationToken cancellationToken)
    {
        if (!task.IsCompleted)
        {
            var left = Left;
            try
            {
                await task.WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, time, cancellationToken);
            }
            catch (TimeoutException)
            {
                throw new SignalNotSentException(
                    SignalBrokerCode.Expired,
                    $"The signal waited for its whole time to live ({limit.TotalSeconds:0.###} s)."
                );
            }
        }

        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <inheritdoc cref="WaitAsync(Task, CancellationToken)"/>
    public async Task<T> WaitAsync<T>(Task<T> task, CancellationToken cancellationToken)
    {
        await WaitAsync((Task)task, cancellationToken);
        return await task;
    }
}
