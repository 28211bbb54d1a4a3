using System.Diagnostics;
using SignalBroker.Storm.Results;

namespace SignalBroker.Bench.Wire;

/// <summary>What became of the signals of one run.</summary>
public sealed class Tally(ushort run)
{
    /// <summary>How many signals one run may have.</summary>
    public const int Capacity = 1 << 20;

    private readonly bool[] accepted = new bool[Capacity];
    private readonly bool[] arrived = new bool[Capacity];
    private readonly LatencyHistogram delivery = new();
    private readonly Lock guard = new();
    private Answer?[]? awaited;
    private int sent;
    private int failed;
    private int acceptedCount;
    private int arrivedCount;

    public int Sent => Volatile.Read(ref sent);

    /// <summary>Signals that the system accepted; where it gives no answer, those that arrived in time.</summary>
    public int Accepted => Volatile.Read(ref acceptedCount);

    /// <summary>Signals whose sender got an error or no answer.</summary>
    public int Failed => Volatile.Read(ref failed);

    /// <summary>Signals that arrived, each counted once.</summary>
    public int Arrived => Volatile.Read(ref arrivedCount);

    /// <summary>Signals that were accepted and have not arrived.</summary>
    public int Lost => Enumerable.Range(0, Sent).Count(number => accepted[number] && !arrived[number]);

    /// <summary>From the moment when each signal was due to its arrival, in µs.</summary>
    public LatencyHistogram Delivery
    {
        get
        {
            lock (guard)
            {
                var copy = new LatencyHistogram();
                copy.Add(delivery);
                return copy;
            }
        }
    }

    public Stamp Next(long due = 0) => new(run, Interlocked.Increment(ref sent) - 1, due);

    /// <summary>Makes a signal the next one.</summary>
    public Stamp Stamp(Signal signal)
    {
        var stamp = Next();
        signal.With(stamp);
        return stamp;
    }

    /// <summary>The next signal, unless there have been so many.</summary>
    public bool TryNext(int limit, out Stamp stamp)
    {
        for (var before = Volatile.Read(ref sent); before < limit; before = Volatile.Read(ref sent))
        {
            if (Interlocked.CompareExchange(ref sent, before + 1, before) == before)
            {
                stamp = new(run, before, Due: 0);
                return true;
            }
        }

        stamp = default;
        return false;
    }

    /// <summary>Has the arrival of a signal complete an answer, where the system itself gives none.</summary>
    public ValueTask<bool> ArrivalOf(Stamp stamp, Answer answer)
    {
        var arrival = answer.WaitAsync();
        LazyInitializer.EnsureInitialized(ref awaited, () => new Answer?[Capacity])[stamp.Number] = answer;
        return arrival;
    }

    /// <summary>Counts the answer to a signal.</summary>
    public void Answered(Stamp stamp, bool isAccepted)
    {
        accepted[stamp.Number] = isAccepted;
        Interlocked.Increment(ref isAccepted ? ref acceptedCount : ref failed);
    }

    public void Count(Stamp stamp, long now)
    {
        if (stamp.Run != run || arrived[stamp.Number])
        {
            return;
        }

        arrived[stamp.Number] = true;
        Interlocked.Increment(ref arrivedCount);
        if (stamp.Due > 0)
        {
            lock (guard)
            {
                delivery.Add((long)Stopwatch.GetElapsedTime(stamp.Due, now).TotalMicroseconds);
            }
        }

        awaited?[stamp.Number]?.Complete(accepted: true);
    }
}
