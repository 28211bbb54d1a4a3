namespace SignalBroker.Http;

/// <summary>Lets one of many equal lines a minute into the log, since strangers can cause them.</summary>
internal sealed class OncePerMinute(TimeProvider clock)
{
    private long next = clock.GetTimestamp();

    /// <summary>Whether nothing has passed for a minute; true for one of several callers.</summary>
    public bool Passes()
    {
        var now = clock.GetTimestamp();
        var due = Volatile.Read(ref next);
        return now >= due && Interlocked.CompareExchange(ref next, now + (60 * clock.TimestampFrequency), due) == due;
    }
}
