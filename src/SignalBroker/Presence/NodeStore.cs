using Dapper;
using Npgsql;

namespace SignalBroker.Presence;

/// <summary>A node that has become reachable, or is no longer.</summary>
internal sealed record ChangedNode(string Name, bool Reachable);

/// <summary>The SQL statement by which the webapps agree on which nodes are reachable.</summary>
internal sealed class NodeStore(NpgsqlDataSource database)
{
    // Where several webapps see a node, one of them writes.
    private static readonly TimeSpan FreshFor = TimeSpan.FromMilliseconds(500);

    /// <summary>Writes down which nodes this webapp can use, and which ones nobody has been able to use for long.</summary>
    /// <param name="usable">The names of the nodes that it can use.</param>
    /// <param name="unknownAfter">How long nobody may have been able to use a node; null when this webapp may not judge.</param>
    /// <returns>What has changed.</returns>
    public async Task<IReadOnlyList<ChangedNode>> AgreeAsync(IEnumerable<string> usable, TimeSpan? unknownAfter)
    {
        await using var connection = await database.OpenConnectionAsync();
        var changed = await connection.QueryAsync<ChangedNode>(
            $"""
            WITH seen AS (
                INSERT INTO nodes (name, reachable, seen_at, changed_at)
                SELECT name, true, now(), now() FROM unnest(@usable) AS name
                ON CONFLICT (name) DO UPDATE
                SET seen_at = now(), reachable = true,
                    changed_at = CASE WHEN nodes.reachable THEN nodes.changed_at ELSE now() END
                WHERE NOT nodes.reachable OR nodes.seen_at < now() - @FreshFor
                RETURNING name, reachable, changed_at
            ), lost AS (
                UPDATE nodes SET reachable = false, changed_at = now()
                WHERE reachable AND seen_at < now() - @unknownAfter::interval AND name <> ALL(@usable)
                RETURNING name, reachable
            ), changed AS (
                SELECT name, reachable FROM seen WHERE changed_at = now() UNION ALL SELECT name, reachable FROM lost
            ), presence_changes AS (
                INSERT INTO presence_due (user_id, due_at, went)
                SELECT user_id, now(), false
                FROM (
                    -- Who listens there, and whom those want to hear of.
                    SELECT watched.user_id FROM changed JOIN sessions ON sessions.node = changed.name
                    JOIN presence_subscriptions AS watched ON watched.user_id = sessions.user_id
                    UNION
                    SELECT watched.user_id FROM changed JOIN sessions ON sessions.node = changed.name
                    JOIN presence_subscriptions AS watched USING (listening_key)
                ) AS concerned
                RETURNING {PresenceChanges.Announce}
            )
            SELECT name AS Name, reachable AS Reachable FROM changed
            """,
            new
            {
                // Sorted, so that two webapps lock in one order.
                usable = usable.Order().ToArray(),
                unknownAfter,
                FreshFor,
            }
        );
        return changed.AsList();
    }
}
