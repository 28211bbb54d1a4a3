using System.Net;
using Dapper;
using Npgsql;
using SignalBroker.Inbox;
using SignalBroker.Presence;
using SignalBroker.Users;

namespace SignalBroker.Sessions;

/// <summary>What a new session is made of.</summary>
/// <remarks>Whatever a backend opens with its service key comes from one address, so the address's limit does not hold.</remarks>
public sealed record NewSession(
    string ListeningKey,
    byte[] PasscodeSha256,
    string UserId,
    string? Device,
    string Node,
    IPAddress Address,
    bool OriginalClient,
    bool ByApplication
);

/// <summary>How an attempt to open a session ended.</summary>
public abstract record Opening
{
    /// <summary>The session is there and waits for its listener until <paramref name="AckBy"/>.</summary>
    public sealed record Opened(DateTime AckBy, IReadOnlyList<Session> Replaced) : Opening;

    /// <summary>The user has as many sessions as allowed.</summary>
    public sealed record UserFull : Opening;

    /// <summary>The address has as many sessions as allowed.</summary>
    public sealed record AddressFull : Opening;
}

/// <summary>What holds for all sessions that are opened at one time.</summary>
/// <param name="MaxPerUser">How many the user may have, the new one included.</param>
/// <param name="MaxPerAddress">How many the address may have, the new one included; 0 for any number.</param>
/// <param name="ReachableNodes">The nodes whose sessions count for the user: those of a lost node can't be ended.</param>
/// <param name="ReplacesOthers">Whether the user's other sessions end.</param>
/// <param name="AckWithin">How long the session may wait for its listener.</param>
public sealed record OpeningLimits(
    int MaxPerUser,
    int MaxPerAddress,
    string[] ReachableNodes,
    bool ReplacesOthers,
    TimeSpan AckWithin
);

/// <summary>Every SQL statement of connecting, finding and ending sessions.</summary>
public sealed class SessionStore(NpgsqlDataSource database)
{
    /// <summary>The columns of a <see cref="Session"/>.</summary>
    public const string Columns = """
        listening_key AS ListeningKey, user_id AS UserId, device AS Device, node AS Node,
        passcode_sha256 AS PasscodeSha256, original_client AS OriginalClient, admitted_at IS NOT NULL AS Admitted, acked_at IS NOT NULL AS Ack
        """;

    /// <summary>Opens sessions, except those whose user or address has too many.</summary>
    /// <param name="sessions">The new sessions, no two of them of one user.</param>
    /// <param name="limits">How many may be open, and for how long they wait.</param>
    /// <returns>How each attempt ended, in the order of the sessions.</returns>
    public async Task<IReadOnlyList<Opening>> OpenAsync(IReadOnlyList<NewSession> sessions, OpeningLimits limits)
    {
        await using var connection = await database.OpenConnectionAsync();

        // One round trip and one transaction. The locks come first, always in one order, so that each later statement
        // sees what the users' other connects have committed.
        await using var results = await connection.QueryMultipleAsync(
            $"""
            SELECT count(pg_advisory_xact_lock(user_lock)) FROM (
                SELECT DISTINCT hashtextextended(user_id, 0) AS user_lock FROM unnest(@users) AS user_id ORDER BY 1
            ) AS locks;

            WITH due AS (
                SELECT listening_key FROM sessions
                WHERE @ReplacesOthers AND user_id = ANY(@users) AND ended_at IS NULL
                ORDER BY listening_key FOR UPDATE
            ), ended AS (
                UPDATE sessions SET ended_at = now() FROM due WHERE sessions.listening_key = due.listening_key
                RETURNING sessions.*
            ), {PresenceChanges.Ended("ended")}
            SELECT {Columns}, {SessionChanges.Announce("ended")} FROM ended;

            WITH counted AS (
                SELECT wanted.*, (
                    SELECT count(*) FROM sessions
                    WHERE user_id = wanted.user_id AND ended_at IS NULL AND (acked_at IS NOT NULL OR ack_by > now())
                      AND node = ANY(@ReachableNodes)
                ) >= @MaxPerUser AS user_full
                FROM unnest(@keys, @passcodes, @users, @devices, @nodes, @addresses, @originals, @applications)
                    WITH ORDINALITY AS wanted(listening_key, passcode_sha256, user_id, device, node, address,
                                              original_client, by_application, number)
            ), judged AS (
                SELECT *, @MaxPerAddress > 0 AND NOT by_application
                    AND row_number() OVER (PARTITION BY address, user_full, by_application) + (
                    SELECT count(*) FROM (
                        SELECT FROM sessions WHERE address = counted.address AND ended_at IS NULL LIMIT @MaxPerAddress
                    ) AS open
                ) > @MaxPerAddress AS address_full
                FROM counted
            ), opened AS (
                INSERT INTO sessions
                    (listening_key, user_id, device, node, passcode_sha256, address, original_client, ack_by)
                SELECT listening_key, user_id, device, node, passcode_sha256, address, original_client, now() + @AckWithin
                FROM judged WHERE NOT user_full AND NOT address_full
                RETURNING listening_key, user_id, device, ack_by
            ), registered AS (
                {InboxStore.RegisterDevices("opened")}
            ), known AS (
                {UserStore.Register("opened")}
            )
            SELECT user_full AS UserFull, opened.ack_by AS AckBy, {SessionChanges.Announce("opened")}
            FROM judged LEFT JOIN opened USING (listening_key)
            ORDER BY number;
            """,
            new
            {
                keys = Column(session => session.ListeningKey),
                passcodes = Column(session => session.PasscodeSha256),
                users = Column(session => session.UserId),
                devices = Column(session => session.Device),
                nodes = Column(session => session.Node),
                addresses = Column(session => session.Address),
                originals = Column(session => session.OriginalClient),
                applications = Column(session => session.ByApplication),
                limits.MaxPerUser,
                limits.MaxPerAddress,
                limits.ReachableNodes,
                limits.ReplacesOthers,
                limits.AckWithin,
            }
        );
        await results.ReadAsync();
        var replaced = (await results.ReadAsync<Session>()).ToLookup(session => session.UserId);
        var openings = await results.ReadAsync<(bool UserFull, DateTime? AckBy, long)>();
        return
        [
            .. openings.Zip(
                sessions,
                (opening, session) =>
                    opening switch
                    {
                        (_, { } ackBy, _) => new Opening.Opened(ackBy, [.. replaced[session.UserId]]),
                        (true, null, _) => new Opening.UserFull(),
                        (false, null, _) => (Opening)new Opening.AddressFull(),
                    }
            ),
        ];

        T[] Column<T>(Func<NewSession, T> value) => [.. sessions.Select(value)];
    }

    /// <summary>Finds the sessions with these listening keys.</summary>
    public async Task<IReadOnlyDictionary<string, Session>> FindByKeyAsync(IReadOnlyList<string> listeningKeys)
    {
        await using var connection = await database.OpenConnectionAsync();
        var found = await connection.QueryAsync<Session>(
            $"SELECT {Columns} FROM sessions WHERE listening_key = ANY(@listeningKeys) AND ended_at IS NULL",
            new { listeningKeys }
        );
        return found.ToDictionary(session => session.ListeningKey);
    }

    /// <summary>Finds the sessions of these users that are listening or still may.</summary>
    public async Task<IReadOnlyDictionary<string, Session[]>> FindByUserAsync(IReadOnlyList<string> userIds)
    {
        await using var connection = await database.OpenConnectionAsync();
        var found = await connection.QueryAsync<Session>(
            $"""
            SELECT {Columns} FROM sessions
            WHERE user_id = ANY(@userIds) AND ended_at IS NULL AND (admitted_at IS NOT NULL OR ack_by > now())
            """,
            new { userIds }
        );
        return found.GroupBy(session => session.UserId).ToDictionary(group => group.Key, group => group.ToArray());
    }

    /// <summary>
    /// Ends a session: from now on nobody can reach it. Its row goes when its queue is gone. Returns null when there
    /// was nothing to end.
    /// </summary>
    public async Task<Session?> EndAsync(Credential credential)
    {
        await using var connection = await database.OpenConnectionAsync();
        return await connection.QuerySingleOrDefaultAsync<Session>(
            $"""
            WITH ended AS (
                UPDATE sessions SET ended_at = now()
                WHERE listening_key = @ListeningKey AND passcode_sha256 = @hash AND ended_at IS NULL
                RETURNING *
            ), {PresenceChanges.Ended("ended")}
            SELECT {Columns}, {SessionChanges.Announce("ended")} FROM ended
            """,
            new { credential.ListeningKey, hash = credential.PasscodeHash.ToArray() }
        );
    }

    /// <summary>Ends a session without its credential.</summary>
    public async Task EndAsync(string listeningKey)
    {
        await using var connection = await database.OpenConnectionAsync();
        await connection.ExecuteAsync(
            $"""
            WITH ended AS (
                UPDATE sessions SET ended_at = now() WHERE listening_key = @listeningKey AND ended_at IS NULL
                RETURNING *
            ), {PresenceChanges.Ended("ended")}
            SELECT {SessionChanges.Announce("ended")}
            """,
            new { listeningKey }
        );
    }

    /// <summary>Deletes sessions of which the broker has said that their queue is gone.</summary>
    public async Task DropAsync(IReadOnlyList<string> listeningKeys)
    {
        await using var connection = await database.OpenConnectionAsync();
        await connection.ExecuteAsync(
            $"""
            WITH gone AS (
                DELETE FROM sessions WHERE listening_key = ANY(@listeningKeys) AND acked_at IS NOT NULL RETURNING *
            ), {PresenceChanges.Deleted("gone")}
            SELECT {SessionChanges.Announce("gone")}
            """,
            // Sorted here and in every statement for many rows, so that two of them lock in one order.
            new { listeningKeys = listeningKeys.Order().ToArray() }
        );
    }

    /// <summary>Counts the sessions of each node.</summary>
    public async Task<IReadOnlyDictionary<string, int>> CountByNodeAsync()
    {
        await using var connection = await database.OpenConnectionAsync();
        var counts = await connection.QueryAsync<(string Node, int Sessions)>(
            "SELECT node, count(*)::int FROM sessions GROUP BY node"
        );
        return counts.ToDictionary(count => count.Node, count => count.Sessions);
    }
}
