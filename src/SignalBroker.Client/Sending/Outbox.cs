using System.Diagnostics.CodeAnalysis;
using SignalBroker.Client.Http;
using SignalBroker.Client.Listening;

namespace SignalBroker.Client.Sending;

/// <summary>Hands one signal over to the webapp, proven by its sender.</summary>
internal delegate Task<ExchangeAnswer> Deliver<TSender>(
    TSender sender,
    OutgoingSignal signal,
    CancellationToken cancellationToken
);

/// <summary>
/// Signals on their way out: one at a time to a user, room or session, so that their order stays, and none while nothing
/// listens.
/// </summary>
/// <typeparam name="TSender">What proves who sends.</typeparam>
/// <param name="deliver">Hands a signal over.</param>
/// <param name="expired">Hears that a sender is not known any more; null if that is an error like others.</param>
/// <param name="time">The clock.</param>
/// <param name="triesAgain">Whether a failure that may pass is waited for.</param>
[SuppressMessage("Design", "CA1001", Justification = "The source holds neither a timer nor a handle.")]
internal sealed class Outbox<TSender>(
    Deliver<TSender> deliver,
    Action<TSender>? expired,
    TimeProvider time,
    bool triesAgain = true
)
    where TSender : class
{
    private readonly Lock changing = new();
    private readonly Lines lines = new();
    private readonly CancellationTokenSource closing = new();
    private TaskCompletionSource<TSender> listening = NewGate();
    private SignalNotSentException? closedBy;
    private SignalNotSentException? takesNoMore;
    private TaskCompletionSource? drained;
    private int waiting;
    private int asking;

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
    /// <param name="isFarewell">Whether it may be asked while everything else is only waited for.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    /// <inheritdoc cref="SendAsync"/>
    public async Task<T> AskAsync<T>(
        Func<TSender, CancellationToken, Task<T>> ask,
        Func<SignalBrokerException, bool> mayPass,
        bool isFarewell = false,
        CancellationToken cancellationToken = default
    )
    {
        lock (changing)
        {
            if ((isFarewell ? closedBy : closedBy ?? takesNoMore) is { } why)
            {
                throw why;
            }

            asking++;
        }

        try
        {
            return await TryAsync(ask, new TimeLimit(time, OutboxLimits.UsualTimeToLive), mayPass, cancellationToken);
        }
        finally
        {
            lock (changing)
            {
                asking--;
                TellDrained();
            }
        }
    }

    /// <summary>Takes no more signals, and waits until everything has been answered.</summary>
    /// <param name="why">What further signals are told.</param>
    /// <param name="patience">How long it waits at most.</param>
    public async Task DrainAsync(SignalNotSentException why, TimeSpan patience)
    {
        lock (changing)
        {
            takesNoMore ??= why;
            drained ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            TellDrained();
        }

        await drained.Task.WaitAsync(patience, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

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

    /// <summary>Gives up what waits and what is under way, and whatever comes.</summary>
    public void Close(SignalNotSentException why)
    {
        lock (changing)
        {
            if (closedBy is not null)
            {
                return;
            }

            Shut();
            closedBy = why;
            listening.SetException(why);
            // Often nobody waits for it.
            _ = listening.Task.Exception;
        }

        closing.Cancel();
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
        using var both = cancellationToken.CanBeCanceled
            ? CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, closing.Token)
            : null;
        var stop = both?.Token ?? closing.Token;
        var backOff = new BackOff(Random.Shared);
        SignalBrokerException? unanswered = null;
        while (true)
        {
            TSender sender;
            try
            {
                sender = await limit.WaitAsync(Listening(), cancellationToken);
            }
            catch (SignalNotSentException) when (unanswered is not null)
            {
                throw Unanswered(unanswered);
            }

            try
            {
                return await act(sender, stop);
            }
            catch (OperationCanceledException closed)
                when (stop.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                throw new ServerUnreachableException(
                    "The client was closed before an answer came, so it may have arrived.",
                    closed
                );
            }
            catch (UnauthorizedException refused)
                when (expired is not null && refused.Code == SignalBrokerCode.Unauthorized)
            {
                // It goes out with the next session.
                Pause(sender);
                expired(sender);
            }
            catch (SignalBrokerException failure) when (mayPass(failure))
            {
                // One that may have been sent is sent again all the same: its receiver knows it by its id.
                var wait = backOff.Next(failure);
                // What may have arrived once stays so, whatever is answered to it later.
                var last = failure.MayBeDone ? failure : unanswered;
                if (wait >= limit.Left)
                {
                    throw last is null || last == failure ? failure : Unanswered(last);
                }

                unanswered = last;
                // Whoever gives it up meanwhile is told so above.
                await Task.Delay(wait, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    // Whoever has had too much stored in a day is told so at once, and does not hold up what comes after it.
    private static bool MayPass(SignalBrokerException failure) =>
        failure.Code != SignalBrokerCode.StorageBudgetUsed
        && failure
            is ServerUnreachableException
                or ServerRefusedException { Status: 429 or >= 502 }
                or { Code: SignalBrokerCode.SignalUnderWay };

    private static ServerUnreachableException Unanswered(SignalBrokerException first) =>
        new($"No answer came while there was time for one, so it may have arrived. {first.Message}", first);

    private Task<TSender> Listening()
    {
        lock (changing)
        {
            return listening.Task;
        }
    }

    private LinkedListNode<TaskCompletionSource> Enter(Addressee to)
    {
        lock (changing)
        {
            if ((closedBy ?? takesNoMore) is { } why)
            {
                throw why;
            }

            if (waiting >= OutboxLimits.MaxWaiting && !listening.Task.IsCompleted)
            {
                throw new SignalNotSentException(
                    SignalBrokerCode.QueueFull,
                    $"{OutboxLimits.MaxWaiting} signals wait already for the client to listen again."
                );
            }

            waiting++;
            return lines.Enter(to);
        }
    }

    private void TellDrained()
    {
        if (waiting + asking == 0)
        {
            drained?.TrySetResult();
        }
    }

    private void Leave(Addressee to, LinkedListNode<TaskCompletionSource> turn)
    {
        lock (changing)
        {
            waiting--;
            TellDrained();
            lines.Leave(to, turn);
        }
    }
}
