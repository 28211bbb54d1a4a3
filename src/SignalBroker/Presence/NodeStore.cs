using Npgsql;
using SignalBroker.Nodes;

namespace SignalBroker.Presence;

/// <summary>A node that has become reachable or unreachable.</summary>
internal sealed record ChangedNode
{
    public required string Name { get; init; }

    public required bool Reachable { get; init; }
}

/// <summary>The SQL statement by which the webapps agree on which nodes are reachable.</summary>
internal sealed class NodeStore(NpgsqlDataSource database)
{
    // Of several webapps that can use a node, one writes.
    private static readonly TimeSpan FreshFor = TimeSpan.FromMilliseconds(500);

    /// <summary>Records which nodes this webapp can use, and which no webapp has been able to use for a time.</summary>
    /// <param name="unknownAfter">For how long; null if this webapp may not judge.</param>
    public Task<IReadOnlyList<ChangedNode>> AgreeAsync(IEnumerable<string> usable, TimeSpan? unknownAfter) =>
        database.QueryAsync<ChangedNode>(
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
                    -- Users who listen there, and users whom those have subscribed to.
                    SELECT watched.user_id FROM changed JOIN sessions ON sessions.node = changed.name
                    JOIN presence_subscriptions AS watched ON watched.user_id = sessions.user_id
                    UNION
                    SELECT watched.user_id FROM changed JOIN sessions ON sessions.node = changed.name
                    JOIN presence_subscriptions AS watched USING (listening_key)
                ) AS concerned
                RETURNING {PresenceChanges.Announce}
            )
            SELECT name AS Name, reachable AS Reachable, pg_notify('{NodeCatalog.Channel}', '') FROM changed
            """,
            new
            {
                // Sorted, so that all webapps lock in the same order.
                usable = usable.Order().ToArray(),
                unknownAfter,
                FreshFor,
            }
        );
}
