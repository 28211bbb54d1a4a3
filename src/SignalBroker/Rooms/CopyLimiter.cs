using SignalBroker.Sessions;

namespace SignalBroker.Rooms;

/// <summary>Limits the copies and the stored bytes that a session may cause for members of rooms.</summary>
/// <remarks>An application, which has no session, may have as many as it wants.</remarks>
internal sealed class CopyLimiter(IOptions<RoomsOptions> options, LimitMetrics metrics, TimeProvider clock)
{
    private readonly Limit copies = new(
        options.Value.CopiesPerSecondOfSession,
        burstSeconds: 2,
        () => metrics.Refused($"{RoomsOptions.Section}:{nameof(RoomsOptions.CopiesPerSecondOfSession)}"),
        clock
    );

    private readonly Limit bytes = new(
        options.Value.StoredBytesPerSecondOfSession,
        burstSeconds: 16,
        () => metrics.Refused($"{RoomsOptions.Section}:{nameof(RoomsOptions.StoredBytesPerSecondOfSession)}"),
        clock
    );

    /// <summary>Counts copies before they are made. More than a burst pass when the session has been quiet.</summary>
    /// <exception cref="RefusedException">They are too many at this moment.</exception>
    public void Count(Session? sender, int made) => copies.Count(sender, made);

    /// <summary>Counts copies of so many bytes before they are stored.</summary>
    /// <exception cref="RefusedException">They are too many at this moment.</exception>
    public void CountStored(Session? sender, int made, int size)
    {
        copies.Count(sender, made);
        bytes.Count(sender, (long)made * size);
    }

    private sealed class Limit(int perSecond, int burstSeconds, Action refused, TimeProvider clock)
    {
        private readonly long burst = (long)burstSeconds * perSecond;
        private readonly TokenBuckets<string> sessions = new(perSecond, burstSeconds * perSecond, clock);

        public void Count(Session? sender, long amount)
        {
            if (sender is not null && sessions.Take(sender.ListeningKey, Math.Min(amount, burst)) is { } wait)
            {
                refused();
                throw new RefusedException(Problem.TooManyRequests(wait));
            }
        }
    }
}
