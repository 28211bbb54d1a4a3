using System.Net;
using Dapper;
using Npgsql;

namespace SignalBroker.Sessions;

/// <summary>What a new session is made of.</summary>
public sealed record NewSession(
    string ListeningKey,
    byte[] PasscodeSha256,
    string UserId,
    string? Device,
    string Node,
    IPAddress Address,
    bool OriginalClient
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

/// <summary>Every SQL statement of connecting, finding and ending sessions.</summary>
public sealed class SessionStore(NpgsqlDataSource database)
{
    /// <summary>The columns of a <see cref="Session"/>.</summary>
    public const string Columns = """
        listening_key AS ListeningKey, user_id AS UserId, device AS Device, node AS Node,
        passcode_sha256 AS PasscodeSha256, original_client AS OriginalClient, admitted_at IS NOT NULL AS Admitted, acked_at IS NOT NULL AS Ack
        """;

    /// <summary>Opens a session, unless the user or the address has too many.</summary>
    /// <param name="session">The new session.</param>
    /// <param name="maxPerUser">How many the user may have, the new one included.</param>
    /// <param name="maxPerAddress">How many the address may have, the new one included; 0 for any number.</param>
    /// <param name="reachable">The nodes whose sessions count for the user: those of a lost node can't be ended.</param>
    /// <param name="replace">Whether the user's other sessions end.</param>
    /// <param name="ackWithin">How long the session may wait for its listener.</param>
    public async Task<Opening> OpenAsync(
        NewSession session,
        int maxPerUser,
        int maxPerAddress,
        string[] reachable,
        bool replace,
        TimeSpan ackWithin
    )
    {
        await using var connection = await database.OpenConnectionAsync();

        // One round trip and one transaction. The lock comes first, so that each later statement sees what the
        // user's other connects have committed.
        await using var results = await connection.QueryMultipleAsync(
            $"""
            SELECT pg_advisory_xact_lock(hashtextextended(@UserId, 0));

            WITH ended AS (
                UPDATE sessions SET ended_at = now()
                WHERE @replace AND user_id = @UserId AND ended_at IS NULL
                RETURNING *
            )
            SELECT {Columns}, {SessionChanges.Announce("ended")} FROM ended;

            WITH counted AS (
                SELECT
                    (SELECT count(*) FILTER (WHERE node = ANY(@reachable)) FROM sessions
                     WHERE user_id = @UserId AND ended_at IS NULL AND (acked_at IS NOT NULL OR ack_by > now())
                    ) >= @maxPerUser AS user_full,
                    @maxPerAddress > 0 AND EXISTS (
                        SELECT FROM sessions WHERE address = @Address AND ended_at IS NULL OFFSET greatest(@maxPerAddress - 1, 0)
                    ) AS address_full
            ), opened AS (
                INSERT INTO sessions
                    (listening_key, user_id, device, node, passcode_sha256, address, original_client, ack_by)
                SELECT @ListeningKey, @UserId, @Device, @Node, @PasscodeSha256, @Address, @OriginalClient,
                       now() + @ackWithin
                FROM counted WHERE NOT user_full AND NOT address_full
                RETURNING *
            )
            SELECT user_full AS UserFull, (SELECT ack_by FROM opened) AS AckBy, {SessionChanges.Announce("opened")}
            FROM counted;
            """,
            new
            {
                session.ListeningKey,
                session.PasscodeSha256,
                session.UserId,
                session.Device,
                session.Node,
                session.Address,
                session.OriginalClient,
                maxPerUser,
                maxPerAddress,
                reachable,
                replace,
                ackWithin,
            }
        );
        await results.ReadAsync();
        var replaced = (await results.ReadAsync<Session>()).AsList();
        var (userFull, ackBy, _) = await results.ReadSingleAsync<(bool, DateTime?, long)>();
        return (userFull, ackBy) switch
        {
            (_, { } until) => new Opening.Opened(until, replaced),
            (true, null) => new Opening.UserFull(),
            (false, null) => new Opening.AddressFull(),
        };
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
            )
            SELECT {Columns}, {SessionChanges.Announce("ended")} FROM ended
            """,
            new { credential.ListeningKey, hash = credential.PasscodeHash.ToArray() }
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
            )
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
