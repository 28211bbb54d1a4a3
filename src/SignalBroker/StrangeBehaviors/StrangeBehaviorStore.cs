using Npgsql;

namespace SignalBroker.StrangeBehaviors;

/// <summary>The SQL statements about strange behavior.</summary>
internal sealed class StrangeBehaviorStore(NpgsqlDataSource database) : IUserData
{
    /// <summary>Adds sightings; those of one kind, node, key, address and minute share a row.</summary>
    /// <remarks>
    /// A key without a session or a known user was made up. It is left out, so that a flood of such keys is one row.
    /// </remarks>
    public Task AddAsync(IReadOnlyCollection<(StrangeSighting Sighting, long Times)> sightings)
    {
        return database.ExecuteAsync(
            """
            INSERT INTO strange_behaviors AS known
                (kind, node, listening_key, user_id, address, minute, first_at, last_at, times, detail)
            SELECT kind, node, known_key, min(known_user), address, date_trunc('minute', now()), now(), now(),
                   sum(times), min(detail)
            FROM (
                SELECT seen.*,
                       coalesce(seen.user_id, sessions.user_id) AS known_user,
                       CASE WHEN seen.kind = @bruteForce AND seen.user_id IS NULL THEN sessions.listening_key
                            ELSE seen.listening_key END AS known_key
                FROM unnest(@kinds, @nodes, @keys, @users, @addresses, @times, @details)
                    AS seen(kind, node, listening_key, user_id, address, times, detail)
                LEFT JOIN sessions ON sessions.listening_key = seen.listening_key
            ) AS resolved
            GROUP BY kind, node, known_key, address
            ON CONFLICT (kind, node, listening_key, address, minute)
            DO UPDATE SET times = known.times + excluded.times, last_at = excluded.last_at,
                          user_id = coalesce(known.user_id, excluded.user_id)
            """,
            new
            {
                bruteForce = nameof(StrangeKind.BruteForce),
                kinds = Column(entry => entry.Sighting.Kind.ToString()),
                nodes = Column(entry => entry.Sighting.Node),
                keys = Column(entry => entry.Sighting.ListeningKey),
                users = Column(entry => entry.Sighting.UserId),
                addresses = Column(entry => entry.Sighting.Address),
                times = Column(entry => entry.Times),
                details = Column(entry => entry.Sighting.Detail),
            }
        );

        T[] Column<T>(Func<(StrangeSighting Sighting, long Times), T> value) => [.. sightings.Select(value)];
    }

    public Task EraseAsync(string userId) =>
        database.ExecuteAsync("DELETE FROM strange_behaviors WHERE user_id = @userId", new { userId });

    /// <summary>Reads the newest rows.</summary>
    /// <param name="kind">Only this kind; null for all.</param>
    /// <param name="before">Only rows older than the one with this id; null for the newest.</param>
    public Task<IReadOnlyList<StrangeBehavior>> ReadAsync(StrangeKind? kind, long? before, int limit) =>
        database.QueryAsync<StrangeBehavior>(
            """
            SELECT id AS Id, kind AS Kind, node AS Node, listening_key AS ListeningKey, user_id AS UserId,
                   host(address) AS Address, first_at AS FirstAt, last_at AS LastAt, times AS Times, detail AS Detail
            FROM strange_behaviors
            WHERE (@kind::text IS NULL OR kind = @kind) AND (@before::bigint IS NULL OR id < @before)
            ORDER BY id DESC LIMIT @limit
            """,
            new
            {
                kind = kind?.ToString(),
                before,
                limit,
            }
        );

    /// <summary>Deletes rows that were last seen longer ago than this.</summary>
    public Task PruneAsync(TimeSpan keep) =>
        database.ExecuteAsync("DELETE FROM strange_behaviors WHERE last_at < now() - @keep", new { keep });
}
