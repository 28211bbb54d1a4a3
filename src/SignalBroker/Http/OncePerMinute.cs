namespace SignalBroker.Http;

/// <summary>Lets one line a minute into the log, where strangers could cause many.</summary>
internal sealed class OncePerMinute(TimeProvider clock)
{
    private long next = clock.GetTimestamp();

    /// <summary>Whether none has passed for a minute; true for only one of concurrent callers.</summary>
    public bool Passes()
    {
        var now = clock.GetTimestamp();
        var due = Volatile.Read(ref next);
        return now >= due && Interlocked.CompareExchange(ref next, now + (60 * clock.TimestampFrequency), due) == due;
    }
}
