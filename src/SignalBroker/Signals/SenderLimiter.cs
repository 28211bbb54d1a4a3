using System.Threading.RateLimiting;
using Microsoft.Extensions.Options;
using SignalBroker.Http;
using SignalBroker.Sessions;

namespace SignalBroker.Signals;

/// <summary>Slows down a session that floods, with many signals or with large ones; the others do not feel it.</summary>
public sealed class SenderLimiter(IOptions<RateLimitOptions> options) : IAsyncDisposable
{
    private const int BurstSeconds = 8;

    private readonly PartitionedRateLimiter<Session> signals = RateLimits.Create<Session, string>(
        KeyOf,
        options.Value.SignalsPerSecondOfSession,
        2 * options.Value.SignalsPerSecondOfSession
    );

    private readonly PartitionedRateLimiter<Session> bytes = RateLimits.Create<Session, string>(
        KeyOf,
        options.Value.SignalBytesPerSecondOfSession,
        BurstSeconds * options.Value.SignalBytesPerSecondOfSession
    );

    private readonly PartitionedRateLimiter<Session> refusals = RateLimits.Create<Session, string>(
        KeyOf,
        options.Value.SignalsPerSecondOfSession,
        2 * options.Value.SignalsPerSecondOfSession
    );

    /// <summary>
    /// Whether a session that was turned away once more is to be put up with: it is not when it goes on with twice what
    /// it may send.
    /// </summary>
    public bool PutsUpWith(Session sender)
    {
        using var refusal = refusals.AttemptAcquire(sender);
        return refusal.IsAcquired;
    }

    /// <summary>Null when the session may send so many bytes now; otherwise how long it should wait.</summary>
    public TimeSpan? Delay(Session sender, int size)
    {
        using var signal = signals.AttemptAcquire(sender);
        if (!signal.IsAcquired)
        {
            return RateLimits.WaitOf(signal);
        }

        using var volume = bytes.AttemptAcquire(sender, size);
        return volume.IsAcquired ? null : RateLimits.WaitOf(volume);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await signals.DisposeAsync();
        await bytes.DisposeAsync();
        await refusals.DisposeAsync();
    }

    private static string KeyOf(Session sender) => sender.ListeningKey;
}
