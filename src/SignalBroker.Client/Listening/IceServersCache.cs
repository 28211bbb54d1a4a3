using SignalBroker.Client.Http;

namespace SignalBroker.Client.Listening;

/// <summary>Keeps the ICE servers of the newest session, and asks for others before their credentials end.</summary>
internal sealed class IceServersCache(Webapp webapp, TimeProvider time)
{
    /// <summary>So long before their end credentials are renewed.</summary>
    public static readonly TimeSpan Early = TimeSpan.FromMinutes(1);

    private Known current = null!;

    /// <summary>A new session has brought its own.</summary>
    public void Renew(OpenSession session) => Volatile.Write(ref current, new(session, session.IceServers));

    /// <summary>The servers, and fresh ones if they are about to expire.</summary>
    public async ValueTask<IceServers> GetAsync(CancellationToken cancellationToken)
    {
        var known = Volatile.Read(ref current);
        if (known.Servers.ExpireAt is not { } end || end - time.GetUtcNow() >= Early)
        {
            return known.Servers;
        }

        try
        {
            var fresh = await webapp.GetIceServersAsync(known.Session, cancellationToken);
            // A session that is newer has newer ones.
            Interlocked.CompareExchange(ref current, known with { Servers = fresh }, known);
            return fresh;
        }
        catch (SignalBrokerException)
        {
            // Old credentials may still do: servers grant some slack, and most peers need no relay.
            return known.Servers;
        }
    }

    private sealed record Known(OpenSession Session, IceServers Servers);
}
