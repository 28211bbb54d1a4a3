using SignalBroker.Client.Http;
using SignalBroker.Client.Listening;

namespace SignalBroker.Client.Sending;

/// <summary>Hands one signal over to the webapp, proven by its sender.</summary>
internal delegate Task<ExchangeAnswer> Deliver<TSender>(
    TSender sender,
    OutgoingSignal signal,
    CancellationToken cancellationToken
);

/// <summary>How many signals may wait, and for how long.</summary>
internal static class OutboxLimits
{
    /// <summary>How many signals may wait while nothing listens.</summary>
    public const int MostWaiting = 100;

    /// <summary>How long a signal may wait if its sender does not say.</summary>
    public static readonly TimeSpan UsualTimeToLive = TimeSpan.FromSeconds(30);
}

/// <summary>
/// Signals on their way out: one at a time to a user, room or session, so that their order stays, and none while nothing
/// listens.
/// </summary>
/// <typeparam name="TSender">What proves who sends.</typeparam>
/// <param name="deliver">Hands a signal over.</param>
/// <param name="expired">Hears that a sender is not known any more; null if that is an error like others.</param>
/// <param name="time">The clock.</param>
/// <param name="triesAgain">Whether a failure that may pass is waited for.</param>
internal sealed class Outbox<TSender>(
    Deliver<TSender> deliver,
    Action<TSender>? expired,
    TimeProvider time,
    bool triesAgain = true
)
    where TSender : class
{
    private readonly Lock changing = new();
    private readonly Dictionary<(AddresseeKind, string), LinkedList<TaskCompletionSource>> lines = [];
    private TaskCompletionSource<TSender> listening = NewGate();
    private SignalNotSentException? closedBy;
    private int waiting;

    /// <summary>Sends a signal when it is its turn, and again after a failure that may pass.</summary>
    /// <exception cref="SignalNotSentException">It was given up before it was sent.</exception>
    /// <exception cref="ServerRefusedException">The server refused it.</exception>
    /// <exception cref="ServerUnreachableException">The server did not answer in time.</exception>
    public async Task<ExchangeAnswer> SendAsync(OutgoingSignal signal, CancellationToken cancellationToken)
    {
        var limit = new TimeLimit(time, signal.TimeToLive ?? OutboxLimits.UsualTimeToLive);
        var turn = Enter(signal.To);
        try
        {
            await limit.WaitAsync(turn.Value.Task, cancellationToken);
            return await TryAsync(
                (sender, stop) => deliver(sender, signal, stop),
                limit,
                triesAgain ? MayPass : _ => false,
                cancellationToken
            );
        }
        finally
        {
            Leave(signal.To, turn);
        }
    }

    /// <summary>Asks something else of the webapp, beside the lines: when one may send, and again after a failure that may pass.</summary>
    /// <param name="ask">Asks once.</param>
    /// <param name="mayPass">Whether it is asked again after such a failure.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    /// <inheritdoc cref="SendAsync"/>
    public Task<T> AskAsync<T>(
        Func<TSender, CancellationToken, Task<T>> ask,
        Func<SignalBrokerException, bool> mayPass,
        CancellationToken cancellationToken
    ) => TryAsync(ask, new TimeLimit(time, OutboxLimits.UsualTimeToLive), mayPass, cancellationToken);

    /// <summary>One may send: what waits is sent.</summary>
    public void Open(TSender sender)
    {
        lock (changing)
        {
            if (closedBy is null)
            {
                Shut();
                listening.SetResult(sender);
            }
        }
    }

    /// <summary>Nothing listens at the moment: what is sent waits.</summary>
    /// <param name="sender">Only if it is this one that does not; null for any.</param>
    public void Pause(TSender? sender = null)
    {
        lock (changing)
        {
            if (closedBy is null && (sender is null || IsOpenFor(sender)))
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

    private static TaskCompletionSource<TSender> NewGate() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private bool IsOpenFor(TSender sender) =>
        listening.Task.IsCompletedSuccessfully && ReferenceEquals(listening.Task.Result, sender);

    private void Shut()
    {
        if (listening.Task.IsCompleted)
        {
            listening = NewGate();
        }
    }

    private async Task<T> TryAsync<T>(
        Func<TSender, CancellationToken, Task<T>> act,
        TimeLimit limit,
        Func<SignalBrokerException, bool> mayPass,
        CancellationToken cancellationToken
    )
    {
        var backOff = new BackOff(Random.Shared);
        while (true)
        {
            var sender = await limit.WaitAsync(Listening(), cancellationToken);
            try
            {
                return await act(sender, cancellationToken);
            }
            catch (UnauthorizedException refused)
                when (expired is not null && refused.Code == SignalBrokerCode.Unauthorized)
            {
                // It was not sent: it goes out with the next session.
                Pause(sender);
                expired(sender);
            }
            catch (SignalBrokerException failure) when (mayPass(failure))
            {
                // One that may have been sent is sent again all the same: its receiver knows it by its id.
                var wait = ((failure as ServerRefusedException)?.RetryAfter ?? TimeSpan.Zero) + backOff.Next();
                if (wait >= limit.Left)
                {
                    throw;
                }

                await Task.Delay(wait, time, cancellationToken);
            }
        }
    }

    private static bool MayPass(SignalBrokerException failure) =>
        failure
            is ServerUnreachableException
                or ServerRefusedException { Status: 429 or >= 502 }
                or { Code: SignalBrokerCode.SignalUnderWay };

    // A device's signals must not overtake those to all devices of its user.
    private static (AddresseeKind Kind, string Name) NameOf(Addressee to) => (to.Kind, to.Name);

    private Task<TSender> Listening()
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

            if (waiting >= OutboxLimits.MostWaiting && !listening.Task.IsCompleted)
            {
                throw new SignalNotSentException(
                    SignalBrokerCode.QueueFull,
                    $"{OutboxLimits.MostWaiting} signals wait already for the client to listen again."
                );
            }

            var name = NameOf(to);
            if (!lines.TryGetValue(name, out var line))
            {
                lines[name] = line = [];
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
                lines.Remove(NameOf(to));
            }
            else if (wasFirst)
            {
                next.Value.SetResult();
            }
        }
    }
}
