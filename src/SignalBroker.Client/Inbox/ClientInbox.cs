using System.Runtime.InteropServices;
using System.Threading.Channels;
using SignalBroker.Client.Http;
using SignalBroker.Client.Listening;

namespace SignalBroker.Client;

/// <summary>
/// What is stored for the user (<see cref="SendOptions.Store"/>): it is kept until each of the user's named devices has
/// settled it.
/// </summary>
/// <remarks>
/// Nobody has to ask for it: <see cref="SignalBrokerClient.ReadSignalsAsync"/> hands out what is stored as well, in the order
/// of the sequences and each once, however often the client reconnects. This is for what goes beyond that.
/// </remarks>
public sealed class ClientInbox
{
    private const int MostEntries = 64;

    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(1);

    private readonly InboxCalls calls;
    private readonly ChannelWriter<Signal> unread;
    private readonly Duplicates duplicates;
    private readonly Settler settler;
    private readonly TimeProvider time;
    private readonly Lock changing = new();
    private readonly SequenceSet seen = new();
    private readonly HashSet<long> unsettled = [];
    private long? afterSequence;
    private long? passedOver;
    private bool isFetching;
    private bool isFetchWanted;
    private string? userId;

    internal ClientInbox(
        InboxCalls calls,
        ChannelWriter<Signal> unread,
        Duplicates duplicates,
        SignalBrokerClientOptions options
    )
    {
        (this.calls, this.unread, this.duplicates) = (calls, unread, duplicates);
        (afterSequence, userId, time) = (options.AfterSequence, options.UserId, options.TimeProvider);
        // Nothing may be taken for known before it is certain that the server still counts from where it did.
        passedOver = afterSequence is null ? null : 0;
        settler = new Settler(
            (sequences, stop) => calls.SettleAsync(new() { Sequences = sequences }, stop),
            SettledThrough,
            options.TimeProvider
        );
    }

    /// <summary>Whether the client has had something stored, or is to begin after something that it has had.</summary>
    internal bool IsUsed
    {
        get
        {
            lock (changing)
            {
                return afterSequence is not null || seen.Largest > 0;
            }
        }
    }

    /// <summary>Asks what is stored for the device that it has not settled, what has been read before included.</summary>
    /// <param name="after">The sequence to begin after; null for after what the device has settled.</param>
    /// <param name="limit">How many signals to ask for, 0 to 64.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    /// <returns>The signals, and whether any may be missing.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    /// <exception cref="ServerRefusedException">The server refused it.</exception>
    /// <exception cref="ServerUnreachableException">The server did not answer.</exception>
    /// <exception cref="SignalNotSentException">The client did not listen again in time, or is closed.</exception>
    /// <exception cref="OperationCanceledException">It was given up by the caller.</exception>
    public async Task<InboxPage> ReadAsync(
        long? after = null,
        int limit = MostEntries,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentOutOfRangeException.ThrowIfNegative(after ?? 0, nameof(after));
        ArgumentOutOfRangeException.ThrowIfNegative(limit);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, MostEntries);
        var answer = await calls.ReadAsync(after, limit, cancellationToken);
        return new()
        {
            Recovered = answer.Recovered,
            LastSequence = answer.LastSequence,
            LowestSequence = answer.LowestSequence,
            SettledThrough = answer.SettledThrough,
            Signals = SignalsOf(answer),
            HasMore = answer.More,
        };
    }

    /// <summary>Settles everything up to a sequence, for the session's device.</summary>
    /// <param name="sequence">The sequence, from 1 on, such as <see cref="Signal.Sequence"/>.</param>
    /// <param name="cancellationToken">Gives it up; it may have been done all the same.</param>
    /// <returns>Ends when the server has confirmed it.</returns>
    /// <inheritdoc cref="ReadAsync" path="/exception"/>
    public async Task SettleThroughAsync(long sequence, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(sequence);
        SettledThrough(await calls.SettleAsync(new() { UpTo = sequence }, cancellationToken));
    }

    /// <summary>Settles a stored signal, if that is not done or under way.</summary>
    internal Task SettleAsync(long sequence)
    {
        lock (changing)
        {
            return unsettled.Remove(sequence) ? settler.SettleAsync(sequence) : settler.WhenSettledAsync(sequence);
        }
    }

    /// <summary>Puts a stored signal that has come among those that wait to be read, unless it came before.</summary>
    /// <remarks>
    /// If too many wait, it is passed over, together with all stored ones after it: they are asked for, in their order, when
    /// those that wait have been read. So they neither hold the connection up nor grow too old in the session's queue.
    /// </remarks>
    internal void Receive(Signal signal)
    {
        lock (changing)
        {
            if (passedOver is not null)
            {
                passedOver = Math.Max(passedOver.Value, signal.Sequence!.Value);
            }
            else if (TakeIn(signal) == Taking.NoRoom)
            {
                passedOver = signal.Sequence;
            }
        }
    }

    /// <summary>Whatever waited has been read: asks for what was passed over.</summary>
    internal void FetchIfPassedOver()
    {
        lock (changing)
        {
            if (passedOver is null)
            {
                return;
            }

            isFetchWanted = true;
            if (isFetching)
            {
                return;
            }

            isFetching = true;
        }

        _ = FetchAsync();
    }

    /// <summary>A session listens; another user's sequences begin anew.</summary>
    internal void Opened(SessionInfo session)
    {
        lock (changing)
        {
            if (userId is not null && userId != session.UserId)
            {
                Forget();
            }

            userId = session.UserId;
        }

        FetchIfPassedOver();
    }

    /// <summary>Whether everything that was sent since the last signal has come, or comes; null if that can't be known.</summary>
    internal async Task<bool?> AskRecoveredAsync(Func<bool> isStillWanted)
    {
        long after;
        lock (changing)
        {
            after = Math.Max(afterSequence ?? 0, seen.Largest);
        }

        while (isStillWanted())
        {
            try
            {
                var answer = await calls.ReadAsync(after, limit: 0, CancellationToken.None);
                BeginAnewIf(answer.LastSequence < after);
                return answer.Recovered;
            }
            catch (SignalBrokerException failure) when (Settler.MayPass(failure))
            {
                await Task.Delay(AskAgain, time);
            }
            catch (SignalBrokerException)
            {
                break;
            }
        }

        return null;
    }

    /// <summary>Waits until what was settled is confirmed.</summary>
    internal Task FinishAsync(TimeSpan patience) => settler.FinishAsync(patience);

    private async Task FetchAsync()
    {
        while (IsStillWanted())
        {
            try
            {
                while (await FetchSomeAsync())
                {
                    // Until nothing that was passed over is left, or no more can wait to be read.
                }
            }
            catch (SignalBrokerException failure) when (Settler.MayPass(failure))
            {
                isFetchWanted = true;
                await Task.Delay(AskAgain, time);
            }
            catch (SignalBrokerException)
            {
                // The client is closed, or the server knows no inbox.
            }
        }
    }

    private bool IsStillWanted()
    {
        lock (changing)
        {
            isFetching = isFetchWanted && passedOver is not null;
            isFetchWanted = false;
            return isFetching;
        }
    }

    private async Task<bool> FetchSomeAsync()
    {
        long after;
        lock (changing)
        {
            after = seen.Largest;
        }

        var answer = await calls.ReadAsync(after, MostEntries, CancellationToken.None);
        lock (changing)
        {
            if (answer.LastSequence < Math.Max(after, afterSequence ?? 0))
            {
                Forget();
                return true;
            }

            foreach (var signal in SignalsOf(answer))
            {
                if (TakeIn(signal) == Taking.NoRoom)
                {
                    return false;
                }
            }

            if ((answer.More || passedOver > answer.LastSequence) && seen.Largest > after)
            {
                return true;
            }

            passedOver = null;
            return false;
        }
    }

    private Taking TakeIn(Signal signal)
    {
        var sequence = signal.Sequence!.Value;
        if (seen.Contains(sequence))
        {
            // If it is settled, that is under way.
            return Taking.Dropped;
        }

        if (sequence <= afterSequence || duplicates.Knows(signal))
        {
            seen.Add(sequence);
            _ = settler.SettleAsync(sequence);
            return Taking.Dropped;
        }

        // Whoever reads it settles it when this has been done.
        if (!unread.TryWrite(signal))
        {
            return Taking.NoRoom;
        }

        seen.Add(sequence);
        unsettled.Add(sequence);
        duplicates.Contains(signal);
        return Taking.Taken;
    }

    private List<Signal> SignalsOf(InboxAnswer answer)
    {
        var signals = new List<Signal>();
        foreach (var entry in answer.Entries ?? [])
        {
            var bytes = JsonMarshal.GetRawUtf8Value(entry).ToArray();
            if (Envelope.Read(bytes, out _) is { Sequence: { } } signal)
            {
                signals.Add(signal with { Inbox = this });
            }
        }

        return signals;
    }

    private void SettledThrough(long sequence)
    {
        lock (changing)
        {
            seen.AddThrough(Math.Min(sequence, seen.Largest));
        }
    }

    // The server has lost its database: what was passed over as known is not.
    private void BeginAnewIf(bool isLost)
    {
        lock (changing)
        {
            if (isLost)
            {
                Forget();
                passedOver ??= 0;
            }
        }

        FetchIfPassedOver();
    }

    private void Forget()
    {
        seen.Clear();
        unsettled.Clear();
        afterSequence = null;
    }

    private enum Taking
    {
        Taken,
        Dropped,
        NoRoom,
    }
}
