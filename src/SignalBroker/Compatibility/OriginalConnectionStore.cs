using Npgsql;

namespace SignalBroker.Compatibility;

/// <summary>The SQL statements about original pages' connections.</summary>
internal sealed class OriginalConnectionStore(NpgsqlDataSource database)
{
    /// <summary>Adds what events said about connections, and deletes those whose session is long gone.</summary>
    public Task AddAsync(string node, IReadOnlyCollection<OriginalConnection> told) =>
        database.ExecuteAsync(
            """
            DELETE FROM original_connections AS known
            WHERE created_at < now() - interval '1 hour'
              AND NOT EXISTS (SELECT FROM sessions WHERE listening_key = known.listening_key);

            INSERT INTO original_connections AS known (node, pid, name, listening_key)
            SELECT @node, pid, max(name), max(listening_key)
            FROM unnest(@pids, @names, @keys) AS told(pid, name, listening_key)
            GROUP BY pid
            ON CONFLICT (node, pid) DO UPDATE SET
                name = coalesce(known.name, excluded.name),
                listening_key = coalesce(known.listening_key, excluded.listening_key);
            """,
            new
            {
                node,
                pids = told.Select(connection => connection.Pid).ToArray(),
                names = told.Select(connection => connection.Name).ToArray(),
                keys = told.Select(connection => connection.ListeningKey).ToArray(),
            }
        );

    /// <summary>The names of the connections that own a session's queue.</summary>
    public Task<IReadOnlyList<string>> FindNamesAsync(string node, string listeningKey) =>
        database.QueryAsync<string>(
            """
            SELECT name FROM original_connections
            WHERE node = @node AND listening_key = @listeningKey AND name IS NOT NULL
            """,
            new { node, listeningKey }
        );
}
