using System.Runtime.InteropServices;
using HdrHistogram;

namespace SignalBroker.Storm.Results;

/// <summary>Counts durations in buckets of less than 0.8 % width, from 1 µs to an hour; histograms can be added up.</summary>
/// <remarks>Not safe for several threads: each counts for itself.</remarks>
public sealed class LatencyHistogram
{
    private const long MaxMicroseconds = 3_600_000_000;
    private const int Digits = 2;

    private readonly LongHistogram counts = new(1, MaxMicroseconds, Digits);

    /// <summary>How many durations were counted.</summary>
    public long Count => counts.TotalCount;

    /// <summary>The longest of them, in µs.</summary>
    public long Max { get; private set; }

    /// <summary>Counts a duration in µs; one out of range counts as the nearest one within it.</summary>
    public void Add(long microseconds) => Add(microseconds, 1);

    /// <summary>Forgets everything that was counted.</summary>
    public void Clear()
    {
        counts.Reset();
        Max = 0;
    }

    /// <summary>Adds another histogram's counts to this one's.</summary>
    public void Add(LatencyHistogram other)
    {
        counts.Add(other.counts);
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
        // The library takes the nearest rank, which may be of fewer than the share.
        var rank = Math.Ceiling(share * Count);
        return Count > 0 ? Math.Min(counts.GetValueAtPercentile(100 * rank / Count), Max) : 0;
    }

    /// <summary>The buckets that are not empty, in ascending order.</summary>
    public IReadOnlyList<Bucket> Buckets() =>
        [
            .. counts
                .RecordedValues()
                .Select(value => new Bucket(Math.Min(value.ValueIteratedTo, Max), value.CountAddedInThisIterationStep)),
        ];

    private void Add(long microseconds, long count)
    {
        var value = Math.Clamp(microseconds, 1, MaxMicroseconds);
        counts.RecordValueWithCount(value, count);
        Max = Math.Max(Max, value);
    }
}

/// <summary>So many durations that were at most so long.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct Bucket(long Microseconds, long Count);
