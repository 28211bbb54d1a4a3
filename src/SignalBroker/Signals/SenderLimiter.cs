using System.Threading.RateLimiting;
using Microsoft.Extensions.Options;
using SignalBroker.Http;
using SignalBroker.Sessions;

namespace SignalBroker.Signals;

/// <summary>Slows down a session that floods; the others do not feel it.</summary>
public sealed class SenderLimiter(IOptions<RateLimitOptions> options) : IAsyncDisposable
{
    private readonly PartitionedRateLimiter<Session> limiter = PartitionedRateLimiter.Create<Session, string>(sender =>
        RateLimitPartition.GetTokenBucketLimiter(
            sender.ListeningKey,
            _ => RateLimits.Bucket(options.Value.SignalsPerSecondOfSession)
        )
    );

    /// <summary>Null when the session may send now; otherwise how long it should wait.</summary>
    public TimeSpan? Delay(Session sender)
    {
        using var lease = limiter.AttemptAcquire(sender);
        return lease.IsAcquired ? null
            : lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? wait
            : TimeSpan.FromSeconds(1);
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => limiter.DisposeAsync();
}
