using System.Threading.RateLimiting;
using Microsoft.Extensions.Options;
using SignalBroker.Sessions;

namespace SignalBroker.Signals;

/// <summary>Bounds how many bytes a session is sent, so that a stopped reader can't fill its node's memory.</summary>
public sealed class AddresseeLimiter(IOptions<SignalsOptions> options) : IAsyncDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(100);

    private readonly PartitionedRateLimiter<Session> limiter = PartitionedRateLimiter.Create<Session, string>(session =>
        RateLimitPartition.GetTokenBucketLimiter(
            session.ListeningKey,
            _ => new TokenBucketRateLimiterOptions
            {
                TokenLimit = options.Value.AddresseeBurstBytes,
                TokensPerPeriod = (int)(options.Value.AddresseeBytesPerSecond * Period.TotalSeconds),
                ReplenishmentPeriod = Period,
                QueueLimit = 0,
            }
        )
    );

    /// <summary>Whether the session may be sent so many bytes now; if so, they count.</summary>
    public bool Takes(Session session, int bytes)
    {
        using var lease = limiter.AttemptAcquire(session, bytes);
        return lease.IsAcquired;
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => limiter.DisposeAsync();
}
