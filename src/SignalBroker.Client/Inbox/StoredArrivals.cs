using System.Runtime.InteropServices;
using System.Threading.Channels;
using SignalBroker.Client.Listening;

namespace SignalBroker.Client;

/// <summary>Which stored signals have come, are settled, and are still to be asked for.</summary>
internal sealed class StoredArrivals
{
    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(1);

    private readonly ClientInbox inbox;
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
    private int beginnings;
    private bool isFetching;
    private bool isFetchWanted;
    private string? userId;

    public StoredArrivals(
        ClientInbox inbox,
        InboxCalls calls,
        ChannelWriter<Signal> unread,
        Duplicates duplicates,
        SignalBrokerClientOptions options,
        string? userId
    )
    {
        (this.inbox, this.calls, this.unread, this.duplicates) = (inbox, calls, unread, duplicates);
        (afterSequence, this.userId, time) = (options.AfterSequence, userId, options.TimeProvider);
        // Nothing may be taken for known before it is certain that the server still counts from where it did.
        passedOver = afterSequence is null ? null : 0;
        settler = new Settler(
            (sequences, stop) => calls.SettleAsync(new() { Sequences = sequences }, stop),
            SettledThrough,
            options.TimeProvider
        );
    }

    /// <summary>Puts a stored signal that has come among those that wait to be read, unless it came before.</summary>
    /// <remarks>
    /// If too many wait, it is passed over, together with all stored ones after it: they are asked for, in their order, when
    /// those that wait have been read. So they neither hold the connection up nor grow too old in the session's queue.
    /// </remarks>
    public void Receive(Signal signal)
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
    public void FetchIfPassedOver()
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

    /// <summary>Signals have come because they were asked for; they can be settled as well.</summary>
    public void Show(IReadOnlyList<Signal> signals)
    {
        lock (changing)
        {
            unsettled.UnionWith(signals.Select(signal => signal.Sequence!.Value));
        }
    }

    /// <summary>Settles a stored signal, if that is not done or under way.</summary>
    public Task SettleAsync(long sequence)
    {
        lock (changing)
        {
            return unsettled.Remove(sequence) ? settler.SettleAsync(sequence) : settler.WhenSettledAsync(sequence);
        }
    }

    /// <summary>The device has nothing left to settle up to a sequence.</summary>
    public void SettledThrough(long sequence)
    {
        lock (changing)
        {
            seen.AddThrough(Math.Min(sequence, seen.Largest));
        }
    }

    /// <summary>Waits until what was settled is confirmed.</summary>
    public Task FinishAsync(TimeSpan patience) => settler.FinishAsync(patience);

    /// <summary>A session listens; another user's sequences begin anew.</summary>
    /// <returns>Where it stands; null if nothing stored has come, and nothing was to be begun after.</returns>
    public Place? Opened(SessionInfo session)
    {
        Place? place;
        lock (changing)
        {
            if (userId is not null && userId != session.UserId)
            {
                Forget();
            }

            userId = session.UserId;
            place = afterSequence is not null || seen.Largest > 0 ? PlaceNow() : null;
        }

        FetchIfPassedOver();
        return place;
    }

    /// <summary>Whether everything that was sent since the last signal has come, or comes; null if that can't be known.</summary>
    /// <param name="place">Where the inbox stood when the session began.</param>
    /// <param name="isStillWanted">Whether to go on asking.</param>
    public async Task<bool?> AskRecoveredAsync(Place place, Func<bool> isStillWanted)
    {
        while (isStillWanted())
        {
            try
            {
                var answer = await calls.ReadAsync(place.Last, limit: 0, CancellationToken.None);
                Compare(place, answer);
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
                lock (changing)
                {
                    isFetchWanted = true;
                }

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
        Place place;
        long after;
        lock (changing)
        {
            (place, after) = (PlaceNow(), seen.Largest);
        }

        var answer = await calls.ReadAsync(after, ClientInbox.MaxEntries, CancellationToken.None);
        lock (changing)
        {
            if (ForgetIfLost(place, answer))
            {
                return true;
            }

            foreach (var signal in inbox.SignalsOf(answer))
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

    private Place PlaceNow() => new(Math.Max(afterSequence ?? 0, seen.Largest), beginnings);

    private void Compare(Place place, InboxAnswer answer)
    {
        lock (changing)
        {
            if (ForgetIfLost(place, answer))
            {
                // What was dropped as known was not.
                passedOver ??= 0;
            }
        }

        FetchIfPassedOver();
    }

    // A server that has lost its database counts anew.
    private bool ForgetIfLost(Place place, InboxAnswer answer)
    {
        var isLost = answer.LastSequence < place.Last && place.Beginning == beginnings;
        if (isLost)
        {
            Forget();
        }

        return isLost;
    }

    private void Forget()
    {
        beginnings++;
        seen.Clear();
        unsettled.Clear();
        afterSequence = 0;
    }

    private enum Taking
    {
        Taken,
        Dropped,
        NoRoom,
    }
}

/// <summary>Where an inbox stands.</summary>
/// <param name="Last">The last sequence that came.</param>
/// <param name="Beginning">How often the sequences have begun anew.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Place(long Last, int Beginning);
