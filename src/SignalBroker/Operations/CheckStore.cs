using Npgsql;

namespace SignalBroker.Operations;

/// <summary>What PostgreSQL says of itself.</summary>
internal sealed record DatabaseFacts
{
    /// <summary>Such as 150014 for 15.14.</summary>
    public int Version { get; init; }

    /// <summary>Whether a commit is on the disk before it is told.</summary>
    public bool Syncs { get; init; }

    /// <summary>Whether a commit is on a standby before it is told.</summary>
    public bool WaitsForStandby { get; init; }

    public int MaxConnections { get; init; }

    /// <summary>Whether this very connection is encrypted.</summary>
    public bool IsEncrypted { get; init; }

    public DateTime Now { get; init; }
}

/// <summary>The SQL statement by which the database is looked at.</summary>
internal sealed class CheckStore(NpgsqlDataSource database)
{
    public Task<DatabaseFacts> ReadAsync() =>
        database.QuerySingleAsync<DatabaseFacts>(
            """
            SELECT current_setting('server_version_num')::int AS Version,
                   current_setting('fsync') = 'on' AND current_setting('synchronous_commit') <> 'off' AS Syncs,
                   current_setting('synchronous_standby_names') <> ''
                       AND current_setting('synchronous_commit') NOT IN ('off', 'local') AS WaitsForStandby,
                   current_setting('max_connections')::int AS MaxConnections,
                   coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false) AS IsEncrypted,
                   clock_timestamp() AS Now
            """,
            new { }
        );
}
