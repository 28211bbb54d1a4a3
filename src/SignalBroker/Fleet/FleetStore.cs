using Npgsql;
using SignalBroker.Nodes;

namespace SignalBroker.Fleet;

/// <summary>A node as the database has it.</summary>
internal sealed record StoredNode
{
    public required string Name { get; init; }

    /// <summary>Null where only settings describe the node, as are the other addresses then.</summary>
    public string? ListeningAddress { get; init; }

    public string? MqttAddress { get; init; }

    public bool Stomp { get; init; }

    public string? AmqpAddress { get; init; }

    public string? ManagementAddress { get; init; }

    public int Capacity { get; init; }

    public string? Region { get; init; }

    public string[] Labels { get; init; } = [];

    /// <summary>Whether it has passed its checks.</summary>
    public bool IsChecked { get; init; }

    /// <summary>Since when it gets no more sessions.</summary>
    public DateTime? DrainsSince { get; init; }

    /// <summary>Whether some webapp has used the node, and none can now.</summary>
    public bool IsLost { get; init; }
}

/// <summary>A webapp's turn to tell sessions of a node to move.</summary>
/// <param name="Since">How long ago the last one was; null if there was none.</param>
/// <param name="Drains">Whether all of its sessions are to move.</param>
/// <param name="Surplus">How many are to move if it does not drain.</param>
/// <param name="Sources">How many nodes have a surplus, which may all move to one and the same node.</param>
internal sealed record MoveTurn(TimeSpan? Since, bool Drains, int Surplus, long Sources);

/// <summary>The SQL statements about the nodes that are added, drained and removed while webapps run.</summary>
internal sealed class FleetStore(NpgsqlDataSource database)
{
    private const string Announce = $"pg_notify('{NodeCatalog.Channel}', '')";

    private const string Columns = """
        name AS Name, listening_address AS ListeningAddress, mqtt_address AS MqttAddress, stomp AS Stomp,
        amqp_address AS AmqpAddress, management_address AS ManagementAddress, capacity AS Capacity, region AS Region,
        labels AS Labels, checked_at IS NOT NULL AS IsChecked, drains_since AS DrainsSince,
        NOT reachable AND seen_at IS NOT NULL AS IsLost
        """;

    public Task<IReadOnlyList<StoredNode>> ListAsync() =>
        database.QueryAsync<StoredNode>($"SELECT {Columns} FROM nodes ORDER BY name", new { });

    /// <summary>Finds a node by its name, described here or not.</summary>
    public async Task<StoredNode?> FindAsync(string name) =>
        (
            await database.QueryAsync<StoredNode>($"SELECT {Columns} FROM nodes WHERE name = @name", new { name })
        ).SingleOrDefault();

    /// <summary>Writes down what a node is; one that drains goes on to do so.</summary>
    public Task PutAsync(StoredNode node) =>
        database.ExecuteAsync(
            $"""
            WITH put AS (
                INSERT INTO nodes (name, listening_address, mqtt_address, stomp, amqp_address, management_address,
                                   capacity, region, labels, checked_at, reachable, changed_at)
                VALUES (@Name, @ListeningAddress, @MqttAddress, @Stomp, @AmqpAddress, @ManagementAddress,
                        @Capacity, @Region, @Labels, CASE WHEN @IsChecked THEN now() END, @IsChecked, now())
                ON CONFLICT (name) DO UPDATE SET
                    (listening_address, mqtt_address, stomp, amqp_address, management_address, capacity, region, labels,
                     checked_at) =
                    (excluded.listening_address, excluded.mqtt_address, excluded.stomp, excluded.amqp_address,
                     excluded.management_address, excluded.capacity, excluded.region, excluded.labels,
                     excluded.checked_at),
                    -- Its checks have just reached it.
                    reachable = nodes.reachable OR nodes.checked_at IS NULL AND excluded.reachable,
                    seen_at = CASE WHEN nodes.checked_at IS NULL AND excluded.reachable THEN now() ELSE nodes.seen_at END
                RETURNING name
            )
            SELECT {Announce} FROM put
            """,
            node
        );

    /// <summary>Begins to drain a node, or ends it.</summary>
    public Task DrainAsync(string name, bool drains) =>
        database.ExecuteAsync(
            $"""
            WITH put AS (
                INSERT INTO nodes (name, drains_since, reachable, changed_at)
                VALUES (@name, CASE WHEN @drains THEN now() END, false, now())
                ON CONFLICT (name) DO UPDATE
                SET drains_since = CASE WHEN @drains THEN coalesce(nodes.drains_since, now()) END, surplus = 0
                RETURNING name
            ), staying AS (
                UPDATE sessions SET move_by = NULL
                WHERE node = @name AND move_by IS NOT NULL AND ended_at IS NULL AND NOT @drains
            )
            SELECT {Announce} FROM put
            """,
            new { name, drains }
        );

    /// <summary>Writes down how many sessions of each node are to move.</summary>
    public Task SetSurplusAsync(IReadOnlyDictionary<string, int> surplus) =>
        database.ExecuteAsync(
            """
            UPDATE nodes SET surplus = coalesce(wanted.surplus, 0)
            FROM nodes AS node LEFT JOIN unnest(@names, @counts) AS wanted(name, surplus) USING (name)
            WHERE nodes.name = node.name
            """,
            new { names = surplus.Keys.ToArray(), counts = surplus.Values.ToArray() }
        );

    /// <summary>Takes this webapp's turn to tell sessions of a node to move, unless another one has just had it.</summary>
    /// <returns>Null if it is not its turn.</returns>
    public async Task<MoveTurn?> TakeTurnAsync(string node, TimeSpan interval) =>
        (
            await database.QueryAsync<MoveTurn>(
                """
                UPDATE nodes SET moved_at = now()
                FROM (SELECT name, moved_at FROM nodes WHERE name = @node FOR UPDATE) AS last
                WHERE nodes.name = last.name AND (drains_since IS NOT NULL OR surplus > 0)
                  AND coalesce(last.moved_at < now() - @interval, true)
                RETURNING now() - last.moved_at AS Since, drains_since IS NOT NULL AS Drains, surplus AS Surplus,
                          (SELECT count(*) FROM nodes WHERE surplus > 0) AS Sources
                """,
                new { node, interval }
            )
        ).SingleOrDefault();

    /// <summary>Writes down that so many sessions fewer are to move.</summary>
    public Task ReduceSurplusAsync(string node, int by) =>
        database.ExecuteAsync(
            "UPDATE nodes SET surplus = greatest(0, surplus - @by) WHERE name = @node",
            new { node, by }
        );

    /// <summary>Forgets a node.</summary>
    public Task DeleteAsync(string name) =>
        database.ExecuteAsync(
            $"""
            WITH gone AS (DELETE FROM nodes WHERE name = @name RETURNING name)
            SELECT {Announce} FROM gone
            """,
            new { name }
        );

    /// <summary>Opens a session that only tries whether the node lets it in.</summary>
    public Task OpenTrialAsync(string node, string listeningKey, string passcode, TimeSpan lasts) =>
        database.ExecuteAsync(
            """
            INSERT INTO sessions (listening_key, user_id, node, passcode_sha256, address, original_client,
                                  by_application, ack_by)
            VALUES (@listeningKey, @userId, @node, @hash, '127.0.0.1', false, true, now() + @lasts)
            """,
            new
            {
                listeningKey,
                userId = UserId.CreateAnonymous(),
                node,
                hash = PasscodeHash.Of(passcode).ToArray(),
                lasts,
            }
        );

    public Task EndTrialAsync(string listeningKey) =>
        database.ExecuteAsync("DELETE FROM sessions WHERE listening_key = @listeningKey", new { listeningKey });
}
