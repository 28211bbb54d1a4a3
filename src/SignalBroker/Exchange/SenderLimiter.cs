namespace SignalBroker.Exchange;

/// <summary>Slows down a session that floods, with many signals or with large ones; the others do not feel it.</summary>
internal sealed class SenderLimiter(IOptions<RateLimitOptions> options, LimitMetrics metrics, TimeProvider clock)
{
    private const string OfSignals = $"{RateLimitOptions.Section}:{nameof(RateLimitOptions.SignalsPerSecondOfSession)}";
    private const string OfBytes =
        $"{RateLimitOptions.Section}:{nameof(RateLimitOptions.SignalBytesPerSecondOfSession)}";

    private const int BurstSeconds = 8;
    private const int UnnamedPerSecond = 1;
    private const int UnnamedBurst = 10;

    private readonly TokenBuckets<string> signals = new(
        options.Value.SignalsPerSecondOfSession,
        2 * options.Value.SignalsPerSecondOfSession,
        clock
    );

    private readonly TokenBuckets<string> bytes = new(
        options.Value.SignalBytesPerSecondOfSession,
        BurstSeconds * options.Value.SignalBytesPerSecondOfSession,
        clock
    );

    private readonly TokenBuckets<string> refusals = new(
        options.Value.SignalsPerSecondOfSession,
        2 * options.Value.SignalsPerSecondOfSession,
        clock
    );

    private readonly TokenBuckets<string> unnamed = new(UnnamedPerSecond, UnnamedBurst, clock);

    /// <summary>
    /// Whether a session that was turned away once more is to be put up with: it is not when it goes on with twice what
    /// it may send.
    /// </summary>
    public bool Tolerates(string sender) => refusals.Take(sender) is null;

    /// <summary>Whether a signal that does not name its sender is to be answered: only now and then.</summary>
    /// <param name="sender">The listening key of the session that it seems to come from.</param>
    public bool AnswersUnnamed(string sender) => unnamed.Take(sender) is null;

    /// <summary>Null when the session may send so many bytes now; otherwise how long it should wait.</summary>
    public TimeSpan? Delay(string sender, int size)
    {
        if (signals.Take(sender) is { } wait)
        {
            metrics.Refused(OfSignals);
            return wait;
        }

        if (bytes.Take(sender, size) is { } longer)
        {
            metrics.Refused(OfBytes);
            return longer;
        }

        return null;
    }
}
