using System.Threading.RateLimiting;
using Microsoft.Extensions.Options;
using SignalBroker.Http;
using SignalBroker.Sessions;

namespace SignalBroker.Signals;

/// <summary>Bounds how many bytes a session is sent, so that a stopped reader can't fill its node's memory.</summary>
public sealed class AddresseeLimiter(IOptions<SignalsOptions> options) : IAsyncDisposable
{
    private readonly PartitionedRateLimiter<Session> limiter = RateLimits.Create<Session, string>(
        session => session.ListeningKey,
        options.Value.AddresseeBytesPerSecond,
        options.Value.AddresseeBurstBytes
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
