using SignalBroker.Database;

namespace SignalBroker.Sessions;

/// <summary>Answers who a credential belongs to and where a user listens, mostly from memory.</summary>
/// <remarks>
/// An answer is at most <see cref="LongestMemory"/> old. A stale one that names a session too many is corrected by
/// the broker; one that lacks a session is prevented by <see cref="SessionChanges"/>; an empty one is never kept.
/// </remarks>
public sealed class SessionDirectory : IDisposable
{
    /// <summary>The longest time for which a revoked credential may still be taken for good.</summary>
    public static readonly TimeSpan LongestMemory = TimeSpan.FromSeconds(2);

    private readonly Batcher<string, Session> sessions;
    private readonly ShortMemory<string, Session?> byKey;
    private readonly ShortMemory<string, Session[]?> byUser;
    private readonly ITimer forgetting;
    private volatile bool remembers;

    /// <summary>Starts with an empty memory, and keeps nothing until <see cref="Remember"/> is called.</summary>
    public SessionDirectory(SessionStore store, TimeProvider clock)
    {
        sessions = new(store.FindByKeyAsync);
        byKey = new(sessions.GetAsync, session => session is not null);

        // A session that has just been opened may begin to listen at any moment. It was announced long before that,
        // and until it listens nothing is kept of its user: so nobody misses it, however late an announcement comes.
        byUser = new(
            new Batcher<string, Session[]>(store.FindByUserAsync).GetAsync,
            found => found is not null && Array.TrueForAll(found, IsAdmitted)
        );
        forgetting = clock.CreateTimer(_ => Age(), state: null, LongestMemory / 2, LongestMemory / 2);
    }

    /// <summary>The session that the credential proves, or null: unknown, ended and wrong look the same.</summary>
    public async ValueTask<Session?> AuthenticateAsync(Credential credential)
    {
        var kept = remembers && byKey.Keeps(credential.ListeningKey);
        var session = await FindAsync(credential.ListeningKey);
        if (session is not null && credential.PasscodeHash.Matches(session.PasscodeSha256))
        {
            return session;
        }

        if (kept)
        {
            // A wrong passcode takes as long as an unknown key, so that time doesn't tell which keys exist.
            await sessions.GetAsync(credential.ListeningKey);
        }

        return null;
    }

    /// <summary>The session with this listening key, or null.</summary>
    public ValueTask<Session?> FindAsync(string listeningKey) => byKey.GetAsync(listeningKey, remembers);

    /// <summary>The user's sessions that are listening or about to.</summary>
    public async ValueTask<Session[]> FindListeningAsync(string userId)
    {
        var found = await byUser.GetAsync(userId, remembers) ?? [];
        return Array.TrueForAll(found, IsAdmitted) ? found : Array.FindAll(found, IsAdmitted);
    }

    /// <summary>Forgets what is known of a session and of its user's other sessions.</summary>
    public void Forget(string userId, string listeningKey)
    {
        byUser.Forget(userId);
        byKey.Forget(listeningKey);
    }

    /// <summary>From now on changes are announced, so that answers may be kept.</summary>
    public void Remember()
    {
        byKey.Clear();
        byUser.Clear();
        remembers = true;
    }

    /// <summary>Changes are no longer announced: every answer comes from the database until they are again.</summary>
    public void ForgetAllUntilRemembering()
    {
        remembers = false;
        byKey.Clear();
        byUser.Clear();
    }

    /// <inheritdoc />
    public void Dispose() => forgetting.Dispose();

    private static bool IsAdmitted(Session session) => session.Admitted;

    private void Age()
    {
        byKey.Age();
        byUser.Age();
    }
}
