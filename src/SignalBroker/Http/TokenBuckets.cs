using System.Collections.Concurrent;

namespace SignalBroker.Http;

/// <summary>A token bucket for each key, which fills as time goes by.</summary>
/// <remarks>
/// .NET's partitioned limiter allocates for each request, takes one lock for all of them, and visits every bucket ten
/// times a second.
/// </remarks>
/// <param name="burst">What a full bucket holds. Who asks for more gets it from a full bucket, and owes the rest.</param>
/// <param name="clock">Tells how much has come in.</param>
internal sealed class TokenBuckets<TKey>(double perSecond, double burst, TimeProvider clock)
    where TKey : notnull
{
    private static readonly TimeSpan BetweenCleanings = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<TKey, Bucket> buckets = new();
    private long cleanedAt = clock.GetTimestamp();

    /// <summary>How many keys have a bucket.</summary>
    public int Count => buckets.Count;

    /// <summary>Takes tokens out of the key's bucket; null if it had them, otherwise how long until it has.</summary>
    public TimeSpan? Take(TKey key, long tokens = 1)
    {
        var now = clock.GetTimestamp();
        Clean(now);
        while (true)
        {
            var bucket = buckets.GetOrAdd(key, static (_, full) => new Bucket(full), burst);
            lock (bucket)
            {
                // Otherwise it was taken away at this moment, and there is room for a new one.
                if (!bucket.IsGone)
                {
                    return Take(bucket, tokens, now);
                }
            }
        }
    }

    /// <summary>Puts tokens back that were taken for nothing.</summary>
    public void GiveBack(TKey key, long tokens)
    {
        // A bucket that is no longer there is full.
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
        // Another thread may have looked at the clock a moment later and come first.
        if (now > bucket.FilledAt)
        {
            var came = (now - bucket.FilledAt) * perSecond / clock.TimestampFrequency;
            (bucket.Tokens, bucket.FilledAt) = (Math.Min(burst, bucket.Tokens + came), now);
        }
    }

    // A bucket that is full again is as good as none.
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
