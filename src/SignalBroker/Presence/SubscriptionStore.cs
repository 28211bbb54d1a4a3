using Dapper;
using Npgsql;
using SignalBroker.Sessions;

namespace SignalBroker.Presence;

/// <summary>The SQL statements that subscribe sessions to users' presence.</summary>
/// <remarks>
/// Whoever reads or writes what a user's subscribers were told holds the user's advisory lock: exclusively to tell all
/// of them, shared for a session that subscribes and writes only its own rows. A session waits for all its locks, in
/// the order of their numbers, before it touches a row; the others only try theirs.
/// </remarks>
internal sealed class SubscriptionStore(NpgsqlDataSource database, PresenceStore presence)
{
    // A change that commits while a session subscribes doesn't see the subscription, nor the session the change. So the
    // users are due once more after that.
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromSeconds(1);

    /// <summary>Replaces a session's subscriptions.</summary>
    /// <returns>The users' presence, in their order; null if the session has ended.</returns>
    public async Task<IReadOnlyList<PresenceReport>?> ReplaceAsync(Session session, string[] userIds)
    {
        await using var connection = await database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await LockAsync(connection, session.ListeningKey, userIds);
        if (!await WriteAsync(connection, session.ListeningKey, userIds))
        {
            return null;
        }

        var reports = await presence.ReadAsync(connection, session.UserId, userIds);
        await RememberAsync(
            connection,
            [.. reports.Select(report => new Told(session.ListeningKey, report.UserId, report.Told))]
        );
        await transaction.CommitAsync();
        return reports;
    }

    /// <summary>The users that a session has subscribed to.</summary>
    public Task<IReadOnlyList<string>> FindAsync(string listeningKey) =>
        database.QueryAsync<string>(
            """
            SELECT user_id FROM presence_subscriptions WHERE listening_key = @listeningKey ORDER BY user_id COLLATE "C"
            """,
            new { listeningKey }
        );

    /// <summary>Records what sessions have been told, in the connection's transaction.</summary>
    public static Task RememberAsync(NpgsqlConnection connection, IReadOnlyList<Told> told) =>
        connection.ExecuteAsync(
            """
            UPDATE presence_subscriptions AS subscription SET told = news.told
            FROM unnest(@keys, @users, @told) AS news(listening_key, user_id, told)
            WHERE subscription.listening_key = news.listening_key AND subscription.user_id = news.user_id
            """,
            new
            {
                keys = told.Select(news => news.ListeningKey).ToArray(),
                users = told.Select(news => news.UserId).ToArray(),
                told = told.Select(news => news.What).ToArray(),
            }
        );

    private static Task<int> LockAsync(NpgsqlConnection connection, string listeningKey, string[] userIds) =>
        connection.ExecuteAsync(
            $"""
            SELECT pg_advisory_xact_lock(hashtextextended(@listeningKey, {AdvisoryLocks.SubscribingSession}));

            SELECT count(pg_advisory_xact_lock_shared(user_lock)) FROM (
                SELECT DISTINCT hashtextextended(user_id, {AdvisoryLocks.ToldUser}) AS user_lock
                FROM (
                    SELECT unnest(@userIds) AS user_id
                    UNION ALL SELECT user_id FROM presence_subscriptions WHERE listening_key = @listeningKey
                ) AS concerned
                ORDER BY 1
            ) AS locks;
            """,
            new { listeningKey, userIds }
        );

    private static async Task<bool> WriteAsync(NpgsqlConnection connection, string listeningKey, string[] userIds)
    {
        try
        {
            return await connection.QuerySingleAsync<bool>(
                """
                WITH session AS MATERIALIZED (
                    SELECT listening_key FROM sessions
                    WHERE listening_key = @listeningKey AND ended_at IS NULL
                    FOR KEY SHARE
                ), ended AS (
                    DELETE FROM presence_subscriptions
                    WHERE listening_key = @listeningKey AND user_id <> ALL(@userIds)
                ), begun AS (
                    INSERT INTO presence_subscriptions (listening_key, user_id)
                    SELECT listening_key, user_id FROM session, unnest(@userIds) AS user_id
                    ON CONFLICT DO NOTHING
                    RETURNING user_id
                ), again AS (
                    INSERT INTO presence_due (user_id, due_at, went)
                    SELECT user_id, now() + @LookAgainAfter, false FROM begun
                    -- One check is enough for a crowd that subscribes to one user.
                    WHERE NOT EXISTS (
                        SELECT FROM presence_due AS known
                        WHERE known.user_id = begun.user_id AND NOT known.went
                          AND known.due_at > now() + 0.8 * @LookAgainAfter
                    )
                )
                SELECT EXISTS (SELECT FROM session)
                """,
                new
                {
                    listeningKey,
                    userIds,
                    LookAgainAfter,
                }
            );
        }
        catch (PostgresException gone) when (gone.SqlState == PostgresErrorCodes.ForeignKeyViolation)
        {
            return false;
        }
    }
}

/// <summary>What a session has been told of a user.</summary>
/// <param name="What">As <see cref="PresenceReport.Told"/>.</param>
internal sealed record Told(string ListeningKey, string UserId, string What);
