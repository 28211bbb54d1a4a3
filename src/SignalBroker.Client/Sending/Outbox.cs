using System.Diagnostics.CodeAnalysis;
using SignalBroker.Client.Http;
using SignalBroker.Client.Listening;

namespace SignalBroker.Client.Sending;

/// <summary>
/// Sends signals in their order per user, room or session: one at a time, or all that wait together; and none while the
/// client does not listen.
/// </summary>
/// <remarks>
/// <c>expired</c> is told of a sender that the webapp no longer knows, whose signals wait for the next one; if it is null,
/// that is an error like any other.
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "The source holds neither a timer nor a handle.")]
internal sealed class Outbox<TSender>(
    Delivery<TSender> delivery,
    Action<TSender>? expired,
    TimeProvider time,
    bool triesAgain = true
)
    where TSender : class
{
    private const int MaxWaiting = 100;

    private readonly Lock changing = new();
    private readonly Lines lines = new();
    private readonly Gate<TSender> gate = new();
    private readonly CancellationTokenSource closing = new();
    private SignalNotSentException? takesNoMore;
    private TaskCompletionSource? drained;
    private int waiting;
    private int asking;

    /// <summary>Sends a signal when its turn has come, and again after a transient failure.</summary>
    /// <exception cref="SignalNotSentException">It was not sent.</exception>
    /// <exception cref="ServerRefusedException">The server refused it.</exception>
    /// <exception cref="ServerUnreachableException">The server did not answer in time.</exception>
    public async Task<ExchangeAnswer> SendAsync(OutgoingSignal signal, CancellationToken cancellationToken)
    {
        var limit = new TimeLimit(time, signal.TimeToLive ?? TimeLimit.Usual);
        var place = Enter(signal);
        SignalBrokerException? unanswered = null;
        try
        {
            while (await GoesAlongAsync(place, limit, unanswered, cancellationToken) is { } along)
            {
                // Like a request of its own, it is awaited even when the time is over.
                var (answer, failure) = await along.WaitAsync(cancellationToken);
                if (answer is not null)
                {
                    return answer;
                }

                if (failure is not null && !GoesAgain(failure))
                {
                    throw failure;
                }

                unanswered = failure is { MayBeDone: true } ? failure : unanswered;
                lock (changing)
                {
                    Lines.WaitAgain(place);
                }
            }

            return await TryAsync(
                (sender, stop) => DeliverAsync(sender, place, stop),
                limit,
                triesAgain ? MayPass : _ => false,
                unanswered,
                cancellationToken
            );
        }
        finally
        {
            Leave(place);
        }
    }

    /// <summary>Makes another request as soon as the client listens, and again after a transient failure.</summary>
    /// <remarks>A farewell may be made even while the outbox is being drained.</remarks>
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
            if ((isFarewell ? gate.ClosedBy : gate.ClosedBy ?? takesNoMore) is { } why)
            {
                throw why;
            }

            asking++;
        }

        try
        {
            var limit = new TimeLimit(time, TimeLimit.Usual);
            return await TryAsync(ask, limit, mayPass, unanswered: null, cancellationToken);
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

    /// <summary>Refuses further signals, and waits until everything has been answered.</summary>
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

    /// <inheritdoc cref="Gate{TSender}.Open"/>
    public void Open(TSender sender) => gate.Open(sender);

    /// <inheritdoc cref="Gate{TSender}.Shut"/>
    public void Pause(TSender? sender = null) => gate.Shut(sender);

    /// <summary>Fails what waits, what is under way, and whatever comes.</summary>
    public void Close(SignalNotSentException why)
    {
        if (gate.Close(why))
        {
            closing.Cancel();
        }
    }

    // Waits for the turn; returns null when it has come, or else what becomes of it with the one before it.
    private static async Task<Task<SignalAnswer>?> GoesAlongAsync(
        Place place,
        TimeLimit limit,
        SignalBrokerException? unanswered,
        CancellationToken cancellationToken
    )
    {
        try
        {
            await limit.WaitAsync(place.Turn, cancellationToken);
            return place.Along?.Task;
        }
        catch (SignalNotSentException) when (unanswered is not null)
        {
            throw Unanswered(unanswered);
        }
    }

    private Task<ExchangeAnswer> DeliverAsync(TSender sender, Place place, CancellationToken stop)
    {
        if (!delivery.TakesSeveral(sender))
        {
            return delivery.SendAsync(sender, place.Signal, stop);
        }

        IReadOnlyList<Place> taken;
        lock (changing)
        {
            taken = Lines.TakeTogether(place);
        }

        return delivery.SendAsync(sender, taken, stop, closing.Token);
    }

    private async Task<T> TryAsync<T>(
        Func<TSender, CancellationToken, Task<T>> act,
        TimeLimit limit,
        Func<SignalBrokerException, bool> mayPass,
        SignalBrokerException? unanswered,
        CancellationToken cancellationToken
    )
    {
        using var both = cancellationToken.CanBeCanceled
            ? CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, closing.Token)
            : null;
        var stop = both?.Token ?? closing.Token;
        var backOff = new BackOff(Random.Shared);
        while (true)
        {
            TSender sender;
            try
            {
                var opening = gate.Opening;
                await limit.WaitAsync(opening, cancellationToken);
                sender = await opening;
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
                // One that may have been sent is sent again: recipients drop duplicates by id.
                var wait = backOff.Next(failure);
                // A signal that may have arrived may have, whatever later tries are answered.
                var last = failure.MayBeDone ? failure : unanswered;
                if (wait >= limit.Left)
                {
                    throw last is null || last == failure ? failure : Unanswered(last);
                }

                unanswered = last;
                // A cancellation meanwhile is noticed above.
                await Task.Delay(wait, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    // A used-up storage budget is reported at once, so that the signal does not hold up the next ones.
    private static bool MayPass(SignalBrokerException failure) =>
        failure.Code != SignalBrokerCode.StorageBudgetUsed
        && failure
            is ServerUnreachableException
                or ServerRefusedException { Status: 429 or >= 502 }
                or { Code: SignalBrokerCode.SignalUnderWay };

    // Whether one that went along with others waits for its turn after such a failure.
    private bool GoesAgain(SignalBrokerException failure) =>
        (triesAgain && MayPass(failure))
        || (expired is not null && failure is UnauthorizedException { Code: SignalBrokerCode.Unauthorized });

    private static ServerUnreachableException Unanswered(SignalBrokerException first) =>
        new($"No answer came while there was time for one, so it may have arrived. {first.Message}", first);

    private Place Enter(OutgoingSignal signal)
    {
        lock (changing)
        {
            if ((gate.ClosedBy ?? takesNoMore) is { } why)
            {
                throw why;
            }

            if (waiting >= MaxWaiting && !gate.IsOpen)
            {
                throw new SignalNotSentException(
                    SignalBrokerCode.QueueFull,
                    $"{MaxWaiting} signals wait already for the client to listen again."
                );
            }

            waiting++;
            return lines.Enter(signal);
        }
    }

    private void Leave(Place place)
    {
        lock (changing)
        {
            waiting--;
            TellDrained();
            lines.Leave(place);
        }
    }

    private void TellDrained()
    {
        if (waiting + asking == 0)
        {
            drained?.TrySetResult();
        }
    }
}
