using SignalBroker.Client.Http;

namespace SignalBroker.Client.Listening;

/// <summary>Keeps the ICE servers of the newest session, and asks for others before their credentials end.</summary>
internal sealed class IceServersCache(Webapp webapp, TimeProvider time)
{
    /// <summary>So long before their end credentials are renewed.</summary>
    public static readonly TimeSpan Early = TimeSpan.FromMinutes(1);

    private Known current = null!;

    /// <summary>A new session has brought its own.</summary>
    public void Renew(OpenSession session) => Volatile.Write(ref current, new(session, session.IceServers, new(time)));

    /// <summary>The servers, and fresh ones if they are about to expire.</summary>
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
            // A session that is newer has newer ones.
            Interlocked.CompareExchange(ref current, known with { Servers = fresh, Age = new(time) }, known);
            return fresh;
        }
        catch (SignalBrokerException)
        {
            // A session may have ended because a newer one has come, with its own. Else the old credentials may still do:
            // servers grant some slack, and most peers need no relay.
            return Volatile.Read(ref current).Left;
        }
    }

    private sealed record Known(OpenSession Session, IceServers Servers, Age Age)
    {
        // An older server tells only when they end by its own clock, which says nothing here: it may be at any time.
        public bool ShallBeRenewed =>
            Servers.TimeToLive is { } good ? good - Age.Elapsed < Early : Servers.ExpireAt is not null;

        /// <summary>The servers, with the time for which they are good from now on.</summary>
        public IceServers Left =>
            Servers.TimeToLive is { } good
                ? Servers with
                {
                    TimeToLive = good > Age.Elapsed ? good - Age.Elapsed : TimeSpan.Zero,
                }
                : Servers;
    }
}
