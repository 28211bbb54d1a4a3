using Dapper;
using Npgsql;
using SignalBroker.Sessions;

namespace SignalBroker.BrokerEvents;

/// <summary>A session that the sweep has to look at.</summary>
public sealed record DueSession(string Node, string ListeningKey, string UserId, bool Ended);

/// <summary>The SQL statements that make the sessions agree with the nodes' queues.</summary>
public sealed class QueueEventStore(NpgsqlDataSource database)
{
    /// <summary>Acks the sessions whose queue has come to be, and deletes those whose queue is no more.</summary>
    /// <remarks>Repeated and late events change no row, because a listening key is used for one queue only.</remarks>
    /// <returns>The created queues that belong to no session.</returns>
    public async Task<IReadOnlyList<string>> ApplyAsync(
        string node,
        IReadOnlyCollection<string> created,
        IReadOnlyCollection<string> deleted
    )
    {
        await using var connection = await database.OpenConnectionAsync();
        var orphans = await connection.QueryAsync<string>(
            $"""
            WITH acked AS (
                UPDATE sessions SET acked_at = now()
                WHERE listening_key = ANY(@created) AND node = @node AND acked_at IS NULL
                  AND listening_key <> ALL(@deleted)
                RETURNING listening_key, user_id
            ), gone AS (
                DELETE FROM sessions WHERE listening_key = ANY(@deleted) AND node = @node
                RETURNING listening_key, user_id
            ), changed AS (SELECT * FROM acked UNION ALL SELECT * FROM gone),
            told AS (SELECT {SessionChanges.Announce("changed")})
            SELECT created.key FROM told, unnest(@created) AS created(key)
            WHERE created.key <> ALL(@deleted)
              AND NOT EXISTS (SELECT FROM sessions WHERE listening_key = created.key AND node = @node)
            """,
            new
            {
                node,
                created = created.ToArray(),
                deleted = deleted.ToArray(),
            }
        );
        return orphans.AsList();
    }

    /// <summary>The database's clock, by which a listing of queues is judged.</summary>
    public async Task<DateTime> NowAsync()
    {
        await using var connection = await database.OpenConnectionAsync();
        return await connection.QuerySingleAsync<DateTime>("SELECT now()");
    }

    /// <summary>Deletes the overdue sessions that never had a socket. They have no queue, so no node has to be asked.</summary>
    /// <returns>The deleted sessions.</returns>
    public async Task<IReadOnlyList<DueSession>> ExpireUnadmittedAsync()
    {
        await using var connection = await database.OpenConnectionAsync();
        var expired = await connection.QueryAsync<DueSession>(
            """
            DELETE FROM sessions WHERE acked_at IS NULL AND admitted_at IS NULL AND ack_by < now()
            RETURNING node AS Node, listening_key AS ListeningKey, user_id AS UserId, false AS Ended
            """
        );
        return expired.AsList();
    }

    /// <summary>The nodes of sessions that have waited for their listener, or for their end, for too long.</summary>
    public async Task<IReadOnlyList<string>> FindDueNodesAsync(TimeSpan endedFor)
    {
        await using var connection = await database.OpenConnectionAsync();
        var nodes = await connection.QueryAsync<string>(
            """
            SELECT node FROM sessions WHERE acked_at IS NULL AND ack_by < now()
            UNION
            SELECT node FROM sessions WHERE ended_at < now() - @endedFor
            """,
            new { endedFor }
        );
        return nodes.AsList();
    }

    /// <summary>Acks the overdue sessions whose queue is in a listing, and deletes those whose queue is not.</summary>
    /// <param name="node">The node that was listed.</param>
    /// <param name="queues">The keys of all queues in the listing.</param>
    /// <param name="before">When the listing began; it says nothing about what came later.</param>
    /// <returns>The deleted sessions that had no ack.</returns>
    public async Task<IReadOnlyList<DueSession>> SettleUnackedAsync(string node, string[] queues, DateTime before)
    {
        await using var connection = await database.OpenConnectionAsync();
        var expired = await connection.QueryAsync<DueSession>(
            $"""
            WITH acked AS (
                UPDATE sessions SET acked_at = now()
                WHERE node = @node AND acked_at IS NULL AND ended_at IS NULL AND listening_key = ANY(@queues)
                RETURNING listening_key, user_id
            ), expired AS (
                DELETE FROM sessions
                WHERE node = @node AND acked_at IS NULL AND listening_key <> ALL(@queues)
                  AND (ack_by < @before OR ended_at < @before)
                RETURNING *
            ), changed AS (
                SELECT * FROM acked UNION ALL SELECT listening_key, user_id FROM expired
            ), told AS (SELECT {SessionChanges.Announce("changed")})
            SELECT node AS Node, listening_key AS ListeningKey, user_id AS UserId, ended_at IS NOT NULL AS Ended
            FROM told, expired
            """,
            new
            {
                node,
                queues,
                before,
            }
        );
        return expired.AsList();
    }

    /// <summary>Deletes the acked sessions whose queue is not in a listing.</summary>
    /// <inheritdoc cref="SettleUnackedAsync" path="/param" />
    /// <returns>The deleted sessions.</returns>
    public async Task<IReadOnlyList<DueSession>> DeleteWithoutQueueAsync(string node, string[] queues, DateTime before)
    {
        await using var connection = await database.OpenConnectionAsync();
        var gone = await connection.QueryAsync<DueSession>(
            $"""
            WITH gone AS (
                DELETE FROM sessions
                WHERE node = @node AND acked_at < @before AND listening_key <> ALL(@queues)
                RETURNING *
            ), told AS (SELECT {SessionChanges.Announce("gone")})
            SELECT node AS Node, listening_key AS ListeningKey, user_id AS UserId, ended_at IS NOT NULL AS Ended
            FROM told, gone
            """,
            new
            {
                node,
                queues,
                before,
            }
        );
        return gone.AsList();
    }

    /// <summary>The queues of a listing that belong to no session, and the sessions that have ended and still have one.</summary>
    public async Task<(IReadOnlyList<string> Orphans, IReadOnlyList<Session> Ended)> FindToCloseAsync(
        string node,
        string[] queues
    )
    {
        await using var connection = await database.OpenConnectionAsync();
        await using var results = await connection.QueryMultipleAsync(
            """
            SELECT queue.key FROM unnest(@queues) AS queue(key)
            WHERE NOT EXISTS (SELECT FROM sessions WHERE listening_key = queue.key AND node = @node);

            SELECT listening_key AS ListeningKey, user_id AS UserId, node AS Node,
                   passcode_sha256 AS PasscodeSha256, original_client AS OriginalClient
            FROM sessions WHERE node = @node AND ended_at IS NOT NULL AND listening_key = ANY(@queues);
            """,
            new { node, queues }
        );
        return ((await results.ReadAsync<string>()).AsList(), (await results.ReadAsync<Session>()).AsList());
    }

    /// <summary>Ends a session, so that nobody reaches it while its connection is being closed.</summary>
    /// <returns>Whose session it is or was; null when there is none.</returns>
    public async Task<string?> EndAsync(string node, string listeningKey)
    {
        await using var connection = await database.OpenConnectionAsync();
        return await connection.QuerySingleOrDefaultAsync<string>(
            $"""
            WITH ended AS (
                UPDATE sessions SET ended_at = coalesce(ended_at, now())
                WHERE listening_key = @listeningKey AND node = @node
                RETURNING listening_key, user_id
            )
            SELECT user_id, {SessionChanges.Announce("ended")} FROM ended
            """,
            new { node, listeningKey }
        );
    }
}
