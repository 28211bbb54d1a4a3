using SignalBroker.Client.Http;

namespace SignalBroker.Client.Listening;

/// <summary>Keeps the latest session's ICE servers, and renews them before their credentials expire.</summary>
internal sealed class IceServersCache(Webapp webapp, TimeProvider time)
{
    /// <summary>How long before they expire credentials are renewed.</summary>
    public static readonly TimeSpan Early = TimeSpan.FromMinutes(1);

    private Known current = null!;

    public void Renew(OpenSession session) => Volatile.Write(ref current, new(session, session.IceServers, new(time)));

    /// <summary>The servers, renewed if they are about to expire.</summary>
    public async ValueTask<IceServers> GetAsync(CancellationToken cancellationToken)
    {
        var known = Volatile.Read(ref current);
        if (!known.ShallBeRenewed)
        {
            return known.Left;
        }

        try
        {
            var fresh = await webapp.GetIceServersAsync(known.Session, cancellationToken);
            // Unless a newer session has brought newer ones.
            Interlocked.CompareExchange(ref current, known with { Servers = fresh, Age = new(time) }, known);
            return fresh;
        }
        catch (SignalBrokerException)
        {
            // The session may have been replaced by a newer one with servers of its own. Otherwise the old credentials
            // may still do: servers grant some slack, and most peers need no relay.
            return Volatile.Read(ref current).Left;
        }
    }

    private sealed record Known(OpenSession Session, IceServers Servers, Age Age)
    {
        // An older server tells only when they expire by its own clock, which may differ: that may be at any time.
        public bool ShallBeRenewed =>
            Servers.TimeToLive is { } good ? good - Age.Elapsed < Early : Servers.ExpireAt is not null;

        /// <summary>The servers, with the time that they have left.</summary>
        public IceServers Left =>
            Servers.TimeToLive is { } good
                ? Servers with
                {
                    TimeToLive = good > Age.Elapsed ? good - Age.Elapsed : TimeSpan.Zero,
                }
                : Servers;
    }
}

/// <summary>How long ago something happened, even if the machine's clock was changed.</summary>
internal sealed class Age(TimeProvider time)
{
    private readonly long timestamp = time.GetTimestamp();
    private readonly DateTimeOffset moment = time.GetUtcNow();

    /// <summary>The longer of two measures: a clock may be set back, and timestamps stop during sleep.</summary>
    public TimeSpan Elapsed
    {
        get
        {
            var (steady, shown) = (time.GetElapsedTime(timestamp), time.GetUtcNow() - moment);
            return steady > shown ? steady : shown;
        }
    }
}
