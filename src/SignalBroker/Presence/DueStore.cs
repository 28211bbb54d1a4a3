using Dapper;
using Npgsql;
using SignalBroker.Broker;
using SignalBroker.Visibility;

namespace SignalBroker.Presence;

/// <summary>A user whose presence has to be checked.</summary>
/// <param name="MayReturn">Whether a session has just gone that may soon be back, so that nobody is told yet.</param>
internal sealed record DueUser(string UserId, bool MayReturn);

/// <summary>A session that was last told something outdated about a user.</summary>
/// <param name="Node">The node that holds its queue.</param>
/// <param name="Acked">Whether its queue exists.</param>
/// <param name="UserId">The user that it has subscribed to.</param>
/// <param name="Told">What it was told last; null for nothing.</param>
internal sealed record Subscriber(
    string ListeningKey,
    string Node,
    bool Acked,
    ListeningProtocol Protocol,
    string UserId,
    string? Told
)
{
    /// <summary>The name of its queue.</summary>
    public string Queue => Topology.QueueOf(ListeningKey, Protocol);
}

/// <summary>The SQL statements about users whose presence may have changed.</summary>
internal sealed class DueStore(VisibilityPolicy visibility)
{
    /// <summary>The most users per transaction.</summary>
    public const int Most = 100;

    /// <summary>Takes users who are due; nobody else can until the connection's transaction ends.</summary>
    public static async Task<IReadOnlyList<DueUser>> TakeAsync(NpgsqlConnection connection)
    {
        var taken = await connection.QueryAsync<(string UserId, bool Went)>(
            $"""
            WITH due AS MATERIALIZED (
                SELECT number, user_id, went FROM presence_due WHERE due_at <= now()
                ORDER BY due_at LIMIT {Most} FOR UPDATE SKIP LOCKED
            ), mine AS MATERIALIZED (
                SELECT user_id FROM (SELECT DISTINCT user_id FROM due) AS users
                WHERE pg_try_advisory_xact_lock(hashtextextended(user_id, {AdvisoryLocks.ToldUser}))
            ), all_due AS MATERIALIZED (
                SELECT number FROM presence_due JOIN mine USING (user_id) WHERE due_at <= now()
                FOR UPDATE OF presence_due SKIP LOCKED
            ), taken AS (
                DELETE FROM presence_due USING all_due WHERE presence_due.number = all_due.number
                RETURNING presence_due.user_id, presence_due.went
            )
            SELECT user_id, bool_or(went) FROM taken GROUP BY user_id
            """
        );
        var users = taken.ToDictionary(user => user.UserId, user => user.Went);
        string[] came = [.. users.Keys.Where(userId => !users[userId])];
        var mayReturn = came.Length == 0 ? [] : await FindGoneAsync(connection, came);
        return [.. users.Keys.Select(userId => new DueUser(userId, mayReturn.Contains(userId)))];
    }

    /// <summary>The subscribers who were last told something else, in the connection's transaction.</summary>
    public async Task<IReadOnlyList<Subscriber>> FindOutdatedAsync(
        NpgsqlConnection connection,
        IReadOnlyList<PresenceReport> reports
    )
    {
        var found = await connection.QueryAsync<Subscriber>(
            $"""
            SELECT sessions.listening_key AS ListeningKey, sessions.node AS Node, sessions.acked_at IS NOT NULL AS Acked,
                   coalesce(sessions.protocol, 'stomp') AS Protocol, subscription.user_id AS UserId, subscription.told AS Told
            FROM unnest(@users, @news) AS report(user_id, told), LATERAL (
                SELECT * FROM presence_subscriptions WHERE presence_subscriptions.user_id = report.user_id OFFSET 0
            ) AS subscription JOIN sessions USING (listening_key)
            WHERE subscription.told IS DISTINCT FROM report.told AND sessions.ended_at IS NULL
              -- Sessions of a lost node are told when it is back.
              AND coalesce((SELECT reachable FROM nodes WHERE nodes.name = sessions.node), true)
              AND {visibility.Condition("sessions.user_id", "subscription.user_id")}
            """,
            new
            {
                users = reports.Select(report => report.UserId).ToArray(),
                news = reports.Select(report => report.Told).ToArray(),
            }
        );
        return found.AsList();
    }

    /// <summary>Marks these users as due again, in the connection's transaction.</summary>
    public static Task PutOffAsync(NpgsqlConnection connection, IReadOnlyList<string> userIds, TimeSpan by) =>
        connection.ExecuteAsync(
            """
            INSERT INTO presence_due (user_id, due_at, went)
            SELECT user_id, clock_timestamp() + @by, false FROM unnest(@userIds) AS user_id
            """,
            new { userIds, by }
        );

    // Those with a session that has gone so recently that it is not due yet.
    private static async Task<HashSet<string>> FindGoneAsync(NpgsqlConnection connection, string[] userIds)
    {
        var gone = await connection.QueryAsync<string>(
            "SELECT user_id FROM presence_due WHERE user_id = ANY(@userIds) AND went AND due_at > clock_timestamp()",
            new { userIds }
        );
        return [.. gone];
    }

    /// <summary>How long until the next user is due; null if none is marked.</summary>
    public static Task<TimeSpan?> UntilNextAsync(NpgsqlConnection connection) =>
        connection.QuerySingleAsync<TimeSpan?>(
            "SELECT (SELECT due_at FROM presence_due ORDER BY due_at LIMIT 1) - clock_timestamp()"
        );
}
