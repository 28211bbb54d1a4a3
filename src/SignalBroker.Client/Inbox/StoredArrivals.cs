using System.Runtime.InteropServices;
using System.Threading.Channels;
using SignalBroker.Client.Listening;

namespace SignalBroker.Client;

/// <summary>Tracks which stored signals have arrived, which are settled, and which are still to be fetched.</summary>
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
        // No signal may be taken for known before it is certain that the server has not begun to count anew.
        passedOver = afterSequence is null ? null : 0;
        settler = new Settler(
            (sequences, stop) => calls.SettleAsync(new() { Sequences = sequences }, stop),
            SettledThrough,
            options.TimeProvider
        );
    }

    /// <summary>Queues a stored signal for the reader, unless it came before.</summary>
    /// <remarks>
    /// If too many are queued, it is passed over, together with all stored ones after it: they are fetched, in order,
    /// when the queue has been read. So they neither hold up the connection nor expire in the session's queue.
    /// </remarks>
    public void Receive(Signal signal)
    {
        lock (changing)
        {
            if (passedOver is not null)
            {
                passedOver = Math.Max(passedOver.Value, signal.Sequence!.Value);
            }
            else if (!TakeIn(signal))
            {
                passedOver = signal.Sequence;
            }
        }
    }

    /// <summary>Fetches what was passed over, now that the queue has been read.</summary>
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

    /// <summary>Lets signals be settled that the application has asked for.</summary>
    public void Show(IReadOnlyList<Signal> signals)
    {
        lock (changing)
        {
            unsettled.UnionWith(signals.Select(signal => signal.Sequence!.Value));
        }
    }

    /// <summary>Settles a stored signal, unless that is done or under way.</summary>
    public Task SettleAsync(long sequence)
    {
        lock (changing)
        {
            return unsettled.Remove(sequence) ? settler.SettleAsync(sequence) : settler.WhenSettledAsync(sequence);
        }
    }

    /// <summary>Notes that the device has nothing left to settle up to a sequence.</summary>
    public void SettledThrough(long sequence)
    {
        lock (changing)
        {
            seen.AddThrough(Math.Min(sequence, seen.Largest));
        }
    }

    public Task FinishAsync(TimeSpan patience) => settler.FinishAsync(patience);

    /// <summary>Starts with a new session; if its user is another one, sequences start anew.</summary>
    /// <returns>Null if no stored signal has arrived, and no sequence to start after was given.</returns>
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

    /// <summary>Whether everything sent since the last signal has arrived or will; null if unknown.</summary>
    /// <param name="place">Where the inbox stood when the session began.</param>
    /// <param name="isStillWanted">Whether to keep asking.</param>
    public async Task<bool?> AskRecoveredAsync(Place place, Func<bool> isStillWanted)
    {
        while (isStillWanted())
        {
            try
            {
                var answer = await calls.ReadAsync(place.Last, limit: 0, CancellationToken.None);
                lock (changing)
                {
                    if (ForgetIfLost(place, answer))
                    {
                        // Signals dropped as known were not.
                        passedOver ??= 0;
                    }
                }

                FetchIfPassedOver();
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
                    // Until nothing that was passed over is left, or the queue is full.
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
                // The client is closed, or the server has no inboxes.
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

            if (!inbox.SignalsOf(answer).TrueForAll(TakeIn))
            {
                return false;
            }

            if ((answer.More || passedOver > answer.LastSequence) && seen.Largest > after)
            {
                return true;
            }

            passedOver = null;
            return false;
        }
    }

    // False if it is new and there is no room for it.
    private bool TakeIn(Signal signal)
    {
        var sequence = signal.Sequence!.Value;
        if (seen.Contains(sequence))
        {
            // If it has been settled, the confirmation is under way.
            return true;
        }

        if (sequence <= afterSequence || duplicates.Knows(signal))
        {
            seen.Add(sequence);
            _ = settler.SettleAsync(sequence);
            return true;
        }

        // It is settled after it has been read.
        if (!unread.TryWrite(signal))
        {
            return false;
        }

        seen.Add(sequence);
        unsettled.Add(sequence);
        duplicates.Contains(signal);
        return true;
    }

    private Place PlaceNow() => new(Math.Max(afterSequence ?? 0, seen.Largest), beginnings);

    // A server that has lost its database starts to count anew.
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
}

/// <summary>Where an inbox stands.</summary>
/// <param name="Last">The last sequence that arrived.</param>
/// <param name="Beginning">How often sequences have started anew.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Place(long Last, int Beginning);
