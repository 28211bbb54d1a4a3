using Dapper;
using Npgsql;

namespace SignalBroker.Operations;

/// <summary>What the database held when it was counted last.</summary>
/// <param name="Sessions">How many sessions each node has, by protocol.</param>
/// <param name="Stored">What is stored for users who are away.</param>
internal sealed record Counts(IReadOnlyList<SessionCount> Sessions, StoredCount Stored);

/// <summary>The sessions of a node that listen by one protocol.</summary>
internal sealed record SessionCount
{
    public required string Node { get; init; }

    /// <summary><c>none</c> for those that have not logged in yet.</summary>
    public required string Protocol { get; init; }

    public long Sessions { get; init; }
}

/// <summary>What is stored for users who are away.</summary>
internal sealed record StoredCount
{
    public long Entries { get; init; }

    public long Bytes { get; init; }

    /// <summary>In seconds; 0 where nothing is stored.</summary>
    public double OldestAge { get; init; }

    /// <summary>The pushes that are due or put off.</summary>
    public long Pushes { get; init; }
}

/// <summary>The SQL statement that counts what the database holds.</summary>
internal sealed class CensusStore(NpgsqlDataSource database)
{
    public async Task<Counts> CountAsync()
    {
        await using var connection = await database.OpenConnectionAsync();
        await using var results = await connection.QueryMultipleAsync(
            """
            SELECT node AS Node, CASE WHEN admitted_at IS NULL THEN 'none' ELSE coalesce(protocol, 'stomp') END AS Protocol,
                   count(*) AS Sessions
            FROM sessions GROUP BY 1, 2;

            SELECT coalesce(sum(entries), 0)::bigint AS Entries, coalesce(sum(bytes), 0)::bigint AS Bytes,
                   coalesce((SELECT extract(epoch FROM now() - min(stored_at)) FROM inbox_entries), 0)::float8 AS OldestAge,
                   (SELECT count(*) FROM push_outbox) AS Pushes
            FROM inboxes WHERE has_entries;
            """
        );
        return new((await results.ReadAsync<SessionCount>()).AsList(), await results.ReadSingleAsync<StoredCount>());
    }
}
