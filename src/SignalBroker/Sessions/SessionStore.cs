using Dapper;
using Npgsql;

namespace SignalBroker.Sessions;

/// <summary>Every SQL statement of finding, moving and ending sessions.</summary>
internal sealed class SessionStore(NpgsqlDataSource database, IEnumerable<ISessionStatements> others) : IUserData
{
    /// <summary>The columns of a <see cref="Session"/>.</summary>
    public const string Columns = """
        listening_key AS ListeningKey, known_as AS KnownAs, predecessor AS Predecessor, user_id AS UserId, device AS Device, node AS Node, protocol AS Protocol,
        passcode_sha256 AS PasscodeSha256, CASE WHEN NOT by_application THEN address END AS Address, original_client AS OriginalClient, admitted_at IS NOT NULL AS Admitted, acked_at IS NOT NULL AS Ack
        """;

    private readonly string whenEnded = others.Parts(other => other.Ended("ended"));
    private readonly string whenGone = others.Parts(other => other.Deleted("gone"));

    /// <summary>Finds the sessions with these listening keys, or known under them, that listen or still may begin to.</summary>
    public async Task<IReadOnlyDictionary<string, Session>> FindByKeyAsync(IReadOnlyList<string> listeningKeys)
    {
        await using var connection = await database.OpenConnectionAsync();
        var found = await connection.QueryAsync<Session, string, (Session Session, string Key)>(
            $"""
            SELECT {Columns}, listening_key AS Key FROM sessions
            WHERE listening_key = ANY(@listeningKeys) AND ended_at IS NULL AND (acked_at IS NOT NULL OR ack_by > now())
            UNION ALL
            SELECT {Columns}, known_as FROM sessions
            WHERE known_as = ANY(@listeningKeys) AND ended_at IS NULL AND admitted_at IS NOT NULL
              AND {Successions.CountsByItself}
            UNION ALL
            -- What a session has sent through its socket may be read when it has been succeeded.
            SELECT {Columns}, predecessor FROM sessions
            WHERE predecessor = ANY(@listeningKeys) AND ended_at IS NULL AND admitted_at IS NOT NULL
              AND {Successions.CountsByItself}
            """,
            ValueTuple.Create,
            new { listeningKeys },
            splitOn: "Key"
        );
        return found.DistinctBy(each => each.Key).ToDictionary(each => each.Key, each => each.Session);
    }

    /// <summary>Finds the session that another one takes over from; null if it has ended, or went long ago, or the credential is wrong.</summary>
    /// <param name="within">For how long after it went.</param>
    public async Task<Predecessor?> FindPredecessorAsync(Credential credential, TimeSpan within)
    {
        await using var connection = await database.OpenConnectionAsync();
        return await connection.QueryFirstOrDefaultAsync<Predecessor>(
            """
            SELECT listening_key AS ListeningKey, coalesce(known_as, listening_key) AS KnownAs, user_id AS UserId,
                   device AS Device, node AS Node, by_application AS ByApplication, true AS IsThere
            FROM sessions
            WHERE listening_key = @ListeningKey AND passcode_sha256 = @hash
              AND ended_at IS NULL AND admitted_at IS NOT NULL AND NOT original_client
            UNION ALL
            SELECT listening_key, known_as, user_id, device, NULL, by_application, false
            FROM gone_sessions
            WHERE listening_key = @ListeningKey AND passcode_sha256 = @hash AND gone_at > now() - @within
            """,
            new
            {
                credential.ListeningKey,
                hash = credential.PasscodeHash.ToArray(),
                within,
            }
        );
    }

    public Task EraseAsync(string userId) =>
        database.ExecuteAsync(
            """
            WITH gone AS (DELETE FROM gone_sessions WHERE user_id = @userId)
            UPDATE gone_sessions SET watched = array_remove(watched, @userId)
            WHERE @userId = ANY(watched) AND user_id <> @userId
            """,
            new { userId }
        );

    /// <summary>Forgets the sessions from which it is too late to take over.</summary>
    public Task ForgetGoneAsync(TimeSpan within) =>
        database.ExecuteAsync("DELETE FROM gone_sessions WHERE gone_at < now() - @within", new { within });

    /// <summary>Finds the sessions of these users that are listening or still may.</summary>
    public async Task<IReadOnlyDictionary<string, Session[]>> FindByUserAsync(IReadOnlyList<string> userIds)
    {
        await using var connection = await database.OpenConnectionAsync();
        var found = await connection.QueryAsync<Session>(
            $"""
            SELECT {Columns} FROM sessions
            WHERE user_id = ANY(@userIds) AND ended_at IS NULL AND (admitted_at IS NOT NULL OR ack_by > now())
              AND {Successions.CountsByItself}
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
            ){whenEnded}
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
            ){whenEnded}
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
            ), {Successions.RememberGone("gone")}{whenGone}
            SELECT {SessionChanges.Announce("gone")}
            """,
            // Sorted here and in every statement for many rows, so that two of them lock in one order.
            new { listeningKeys = listeningKeys.Order().ToArray() }
        );
    }

    /// <summary>Chooses sessions of a node that are to move, until they have to.</summary>
    /// <param name="most">How many at most.</param>
    /// <param name="within">How long they have.</param>
    /// <param name="waiting">How many may be about to move at a time.</param>
    public Task<IReadOnlyList<Session>> TakeToMoveAsync(string node, int most, TimeSpan within, int waiting) =>
        database.QueryAsync<Session>(
            $"""
            UPDATE sessions SET move_by = now() + @within
            WHERE listening_key IN (
                SELECT listening_key FROM sessions
                WHERE node = @node AND acked_at IS NOT NULL AND ended_at IS NULL AND move_by IS NULL
                ORDER BY acked_at
                LIMIT least(@most, greatest(0, @waiting - (
                    SELECT count(*) FROM sessions
                    WHERE node = @node AND move_by > now() AND ended_at IS NULL
                )))
                FOR UPDATE SKIP LOCKED
            )
            RETURNING {Columns}
            """,
            new
            {
                node,
                most,
                within,
                waiting,
            }
        );

    /// <summary>Ends the sessions that were to move by now and have not.</summary>
    public Task<IReadOnlyList<Session>> EndUnmovedAsync() =>
        database.QueryAsync<Session>(
            $"""
            WITH ended AS (
                UPDATE sessions SET ended_at = now()
                WHERE move_by < now() AND ended_at IS NULL
                RETURNING *
            ){whenEnded}
            SELECT {Columns}, {SessionChanges.Announce("ended")} FROM ended
            """,
            new { }
        );

    /// <summary>Deletes all sessions of a node that never comes back.</summary>
    /// <returns>How many there were.</returns>
    public async Task<int> ForgetNodeAsync(string node)
    {
        await using var connection = await database.OpenConnectionAsync();
        return await connection.QuerySingleAsync<int>(
            $"""
            WITH gone AS (
                DELETE FROM sessions WHERE node = @node RETURNING *
            ){whenGone}
            SELECT count(*)::int, {SessionChanges.Announce("gone")} FROM gone
            """,
            new { node }
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
