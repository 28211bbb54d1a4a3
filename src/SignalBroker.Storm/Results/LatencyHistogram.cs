using System.Numerics;
using System.Runtime.InteropServices;

namespace SignalBroker.Storm.Results;

/// <summary>Counts durations in buckets of about 1.6 % width, from 1 µs to an hour; histograms can be added up.</summary>
/// <remarks>
/// Each power of two is cut into 64 buckets of equal width, as HDR histograms do, so that every percentile is exact to
/// that width however long the run was. Not safe for several threads: each counts for itself.
/// </remarks>
public sealed class LatencyHistogram
{
    private const int Bits = 6;
    private const int PerPower = 1 << Bits;
    private const long MaxMicroseconds = 3_600_000_000;
    private static readonly int Size = IndexOf(MaxMicroseconds) + 1;

    private readonly long[] counts;

    public LatencyHistogram() => counts = new long[Size];

    /// <summary>How many durations were counted.</summary>
    public long Count { get; private set; }

    /// <summary>The longest of them, in µs.</summary>
    public long Max { get; private set; }

    /// <summary>Counts a duration in µs; what is out of range counts as the nearest that is in it.</summary>
    public void Add(long microseconds) => Add(microseconds, 1);

    /// <summary>Forgets everything that was counted.</summary>
    public void Clear()
    {
        Array.Clear(counts);
        (Count, Max) = (0, 0);
    }

    /// <summary>Adds another histogram's counts to this one's.</summary>
    public void Add(LatencyHistogram other)
    {
        for (var index = 0; index < other.counts.Length; index++)
        {
            counts[index] += other.counts[index];
        }

        Count += other.Count;
        Max = Math.Max(Max, other.Max);
    }

    /// <summary>Adds buckets as <see cref="Buckets"/> gives them.</summary>
    public void Add(IEnumerable<Bucket> buckets)
    {
        foreach (var bucket in buckets)
        {
            Add(bucket.Microseconds, bucket.Count);
        }
    }

    /// <summary>The duration in µs that this share of all counted ones (0 to 1) does not exceed; 0 when there are none.</summary>
    public long Percentile(double share)
    {
        var wanted = Math.Max(1, (long)Math.Ceiling(share * Count));
        for (var index = 0; index < counts.Length; index++)
        {
            wanted -= counts[index];
            if (wanted <= 0)
            {
                return Math.Min(UpperEdgeOf(index), Max);
            }
        }

        return Max;
    }

    /// <summary>The buckets that are not empty, in ascending order.</summary>
    public IReadOnlyList<Bucket> Buckets()
    {
        var buckets = new List<Bucket>();
        for (var index = 0; index < counts.Length; index++)
        {
            if (counts[index] > 0)
            {
                buckets.Add(new(Math.Min(UpperEdgeOf(index), Max), counts[index]));
            }
        }

        return buckets;
    }

    private void Add(long microseconds, long count)
    {
        var value = Math.Clamp(microseconds, 1, MaxMicroseconds);
        counts[IndexOf(value)] += count;
        Count += count;
        Max = Math.Max(Max, value);
    }

    private static int IndexOf(long value)
    {
        if (value < PerPower)
        {
            return (int)value;
        }

        var shift = BitOperations.Log2((ulong)value) - Bits;
        return (shift * PerPower) + (int)(value >> shift);
    }

    private static long UpperEdgeOf(int index)
    {
        if (index < PerPower)
        {
            return index;
        }

        var shift = (index / PerPower) - 1;
        var lower = (long)(PerPower + (index % PerPower)) << shift;
        return lower + (1L << shift) - 1;
    }
}

/// <summary>So many durations that were at most so long.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct Bucket(long Microseconds, long Count);
