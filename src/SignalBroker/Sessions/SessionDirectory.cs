namespace SignalBroker.Sessions;

/// <summary>Answers who a credential belongs to and where a user listens, mostly from memory.</summary>
/// <remarks>
/// Memory serves only while every change is known to have been heard up to <see cref="MaxMemoryAge"/> ago. A stale
/// answer that names a session too many is corrected by the broker; one that lacks a session is prevented by
/// <see cref="SessionChanges"/>; an empty one is kept only of rooms' members.
/// </remarks>
internal sealed class SessionDirectory : IAnnouncedMemory, IDisposable
{
    /// <summary>The longest time for which a revoked credential may still be taken for good.</summary>
    public static readonly TimeSpan MaxMemoryAge = TimeSpan.FromSeconds(2);

    // Only what nobody asks about any more leaves by age, and what was changed by hand.
    private static readonly TimeSpan Generation = TimeSpan.FromSeconds(5);

    private readonly SessionStore store;
    private readonly Batcher<string, Session> sessions;
    private readonly Batcher<string, Session[]> users;
    private readonly ShortMemory<string, Session?> byKey;
    private readonly ShortMemory<string, Session[]?> byUser;
    private readonly ShortMemory<string, Session[]?> byMember;
    private readonly TimeProvider clock;
    private readonly ITimer aging;
    private long heardAt;
    private volatile bool hears;

    /// <summary>Starts with an empty memory, and keeps nothing until <see cref="HeardUntil"/> is called.</summary>
    public SessionDirectory(SessionStore store, TimeProvider clock)
    {
        (this.store, this.clock) = (store, clock);
        sessions = new(store.FindByKeyAsync);

        // A session without its ack ends at its time, which only the database's clock tells.
        byKey = new(sessions.GetAsync, session => session is { Ack: true });

        // A session that has just been opened may begin to listen at any moment. It was announced long before that,
        // and until the broker has told of its queue nothing is kept of its user: so nobody misses it, however late an
        // announcement comes, and an ack needs none.
        users = new Batcher<string, Session[]>(store.FindByUserAsync);
        byUser = new(users.GetAsync, found => found is not null && Array.TrueForAll(found, IsAcked));

        // The members of rooms are no names that anybody makes up, so that one has no session may be kept as well.
        byMember = new(users.GetAsync, found => found is null || Array.TrueForAll(found, IsAcked));
        aging = clock.CreateTimer(_ => Age(), state: null, Generation, Generation);
    }

    public string Channel => SessionChanges.Channel;

    /// <summary>Whether changes are heard, so that what is kept may serve.</summary>
    public bool Remembers => hears && clock.GetElapsedTime(Volatile.Read(ref heardAt)) < MaxMemoryAge;

    /// <summary>The session that the credential proves, or null: unknown, ended and wrong look the same.</summary>
    public async ValueTask<Session?> AuthenticateAsync(Credential credential)
    {
        var remembers = Remembers;
        var kept = remembers && byKey.Keeps(credential.ListeningKey);
        var session = await byKey.GetAsync(credential.ListeningKey, remembers);
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
    public ValueTask<Session?> FindAsync(string listeningKey) => byKey.GetAsync(listeningKey, Remembers);

    /// <summary>The session that has taken over from this one; null if it has gone as well.</summary>
    public async ValueTask<Session?> FindSuccessorAsync(Session moved)
    {
        // Nothing of it is to be remembered that was asked before it moved.
        Forget(moved);
        return await FindAsync(moved.KnownAs);
    }

    /// <summary>The same as the database has it now.</summary>
    public Task<Session?> FindNowAsync(string listeningKey) => sessions.GetAsync(listeningKey);

    /// <summary>Whether the session is one of the user's own; what is asked and remembered depends on the user alone.</summary>
    public async ValueTask<bool> OwnsAsync(string userId, string listeningKey) =>
        Array.Exists(await byUser.GetAsync(userId, Remembers) ?? [], session => session.KnownAs == listeningKey);

    /// <summary>The user's sessions that are listening or about to.</summary>
    public async ValueTask<Session[]> FindListeningAsync(string userId)
    {
        var found = await byUser.GetAsync(userId, Remembers) ?? [];
        return Array.TrueForAll(found, IsAdmitted) ? found : Array.FindAll(found, IsAdmitted);
    }

    /// <summary>The same as the database has it now.</summary>
    public async Task<Session[]> FindListeningNowAsync(string userId) =>
        Array.FindAll(await users.GetAsync(userId) ?? [], IsAdmitted);

    /// <summary>The same for a member of a room.</summary>
    public async ValueTask<Session[]> FindListeningOfMemberAsync(string userId)
    {
        var found = await byMember.GetAsync(userId, Remembers) ?? [];
        return Array.TrueForAll(found, IsAdmitted) ? found : Array.FindAll(found, IsAdmitted);
    }

    public void Forget(string announcement)
    {
        foreach (var line in announcement.AsSpan().EnumerateLines())
        {
            if (line.IndexOf(' ') is var space and > 0)
            {
                Forget(line[..space].ToString(), line[(space + 1)..].ToString());
            }
        }
    }

    /// <summary>Forgets what is known of a session and of its user's other sessions.</summary>
    public void Forget(Session session)
    {
        Forget(session.UserId, session.ListeningKey);
        byKey.Forget(session.KnownAs);
    }

    /// <inheritdoc cref="Forget(Session)" />
    public void Forget(string userId, string listeningKey)
    {
        byUser.Forget(userId);
        byMember.Forget(userId);
        byKey.Forget(listeningKey);
    }

    /// <summary>Deletes and forgets sessions of which the broker has said that their queue is gone.</summary>
    /// <remarks>An acked session had a queue, and a queue never comes back: its key is not used again.</remarks>
    public async Task DropAsync(params Session[] gone)
    {
        await store.DropAsync(Array.ConvertAll(gone, session => session.ListeningKey));
        foreach (var session in gone)
        {
            Forget(session);
        }
    }

    /// <summary>All changes that were committed before this moment have been heard, so that answers may be kept for a while.</summary>
    /// <param name="timestamp">The moment, by the clock's time stamps.</param>
    public void HeardUntil(long timestamp)
    {
        Volatile.Write(ref heardAt, timestamp);
        hears = true;
    }

    /// <summary>Changes are no longer heard: every answer comes from the database until they are again.</summary>
    public void ConnectionLost()
    {
        hears = false;
        byKey.Clear();
        byUser.Clear();
        byMember.Clear();
    }

    public void Dispose() => aging.Dispose();

    private static bool IsAdmitted(Session session) => session.Admitted;

    private static bool IsAcked(Session session) => session.Ack;

    private void Age()
    {
        byKey.Age();
        byUser.Age();
        byMember.Age();
    }
}
