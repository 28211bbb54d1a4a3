using System.Collections.Concurrent;

namespace SignalBroker.Http;

/// <summary>A token bucket for each key, which fills over time.</summary>
/// <remarks>
/// .NET's partitioned limiter allocates for each request, takes one lock for all of them, and visits every bucket ten
/// times a second.
/// </remarks>
/// <param name="burst">What a full bucket holds. A full bucket also gives more than that, and is owed the rest.</param>
internal class TokenBuckets<TKey>(double perSecond, double burst, TimeProvider clock)
    where TKey : notnull
{
    /// <summary>A full bucket holds what comes in within two seconds.</summary>
    public TokenBuckets(double perSecond, TimeProvider clock)
        : this(perSecond, 2 * perSecond, clock) { }

    private static readonly TimeSpan BetweenCleanings = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<TKey, Bucket> buckets = new();
    private long cleanedAt = clock.GetTimestamp();

    /// <summary>How many keys have a bucket.</summary>
    public int Count => buckets.Count;

    /// <summary>Takes tokens from the key's bucket; null if it had them, otherwise how long until it will.</summary>
    public TimeSpan? Take(TKey key, long tokens = 1)
    {
        var now = clock.GetTimestamp();
        Clean(now);
        while (true)
        {
            var bucket = buckets.GetOrAdd(key, static (_, full) => new Bucket(full), burst);
            lock (bucket)
            {
                // Otherwise it has just been removed, and the next round makes a new one.
                if (!bucket.IsGone)
                {
                    return Take(bucket, tokens, now);
                }
            }
        }
    }

    /// <summary>Takes one for something that may fail or come to nothing.</summary>
    public Reservation Reserve(TKey key) => new(Take(key), () => GiveBack(key));

    /// <summary>Puts back tokens that were not used after all.</summary>
    public void GiveBack(TKey key, long tokens = 1)
    {
        // A bucket that is gone was full.
        if (buckets.TryGetValue(key, out var bucket))
        {
            lock (bucket)
            {
                bucket.Tokens = Math.Min(burst, bucket.Tokens + tokens);
            }
        }
    }

    private TimeSpan? Take(Bucket bucket, long tokens, long now)
    {
        Fill(bucket, now);
        var needed = Math.Min(tokens, burst);
        if (bucket.Tokens >= needed)
        {
            bucket.Tokens -= tokens;
            return null;
        }

        return TimeSpan.FromSeconds((needed - bucket.Tokens) / perSecond);
    }

    private void Fill(Bucket bucket, long now)
    {
        // Another thread may have read the clock later and got here first.
        if (now > bucket.FilledAt)
        {
            var came = (now - bucket.FilledAt) * perSecond / clock.TimestampFrequency;
            (bucket.Tokens, bucket.FilledAt) = (Math.Min(burst, bucket.Tokens + came), now);
        }
    }

    // A full bucket is as good as none.
    private void Clean(long now)
    {
        var before = Volatile.Read(ref cleanedAt);
        if (
            clock.GetElapsedTime(before, now) < BetweenCleanings
            || Interlocked.CompareExchange(ref cleanedAt, now, before) != before
        )
        {
            return;
        }

        foreach (var (key, bucket) in buckets)
        {
            lock (bucket)
            {
                Fill(bucket, now);
                bucket.IsGone = bucket.Tokens >= burst;
                if (bucket.IsGone)
                {
                    buckets.TryRemove(key, out _);
                }
            }
        }
    }

    private sealed class Bucket(double tokens)
    {
        public double Tokens { get; set; } = tokens;
        public long FilledAt { get; set; }
        public bool IsGone { get; set; }
    }
}
