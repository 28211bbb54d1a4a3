using SignalBroker.StrangeBehaviors;

namespace SignalBroker.Sessions;

/// <summary>Ends a session for what it did, records it, and closes its connection.</summary>
internal sealed class SessionRevoker(
    SessionStore store,
    SessionDirectory directory,
    SessionCloser closer,
    StrangeBehaviorLog strange
)
{
    /// <summary>Ends the session; when it returns, nobody reaches it and its credential is good for nothing.</summary>
    public async Task RevokeAsync(Session session, StrangeKind kind, string detail)
    {
        strange.Record(
            new(kind, detail)
            {
                Node = session.Node,
                ListeningKey = session.ListeningKey,
                UserId = session.UserId,
                Address = session.Address,
            }
        );
        closer.Close(session, detail);
        await store.EndAsync(session.ListeningKey);
        directory.Forget(session);
    }
}
