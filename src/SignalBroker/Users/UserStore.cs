using Npgsql;

namespace SignalBroker.Users;

/// <summary>A user who has been seen.</summary>
/// <param name="UserId">The user.</param>
/// <param name="FirstSeen">When the user listened, or joined a room, for the first time.</param>
/// <param name="LastSeen">When the user's last listening session ended; <c>firstSeen</c> if none has yet.</param>
internal sealed record KnownUser(string UserId, DateTime FirstSeen, DateTime LastSeen);

/// <summary>The SQL statements about the users ever seen.</summary>
internal sealed class UserStore(NpgsqlDataSource database) : IUserData
{
    /// <summary>An SQL condition for anonymous users who have been away for longer than <c>@awayFor</c>.</summary>
    public const string IsToBeForgotten = """
        users.anonymous AND users.first_seen < now() - @awayFor AND users.last_seen < now() - @awayFor
        AND NOT EXISTS (SELECT FROM sessions WHERE sessions.user_id = users.user_id)
        """;

    private const int MaxAtOnce = 1000;

    /// <summary>
    /// A part of a statement that remembers the users of <paramref name="came"/>, a named subquery with the column
    /// <c>user_id</c>: those of listening sessions and new members of rooms. Who only connects is not remembered.
    /// </summary>
    public static string Register(string came) =>
        $"""
            INSERT INTO users (user_id, anonymous)
            SELECT DISTINCT user_id, starts_with(user_id, '{UserId.AnonymousPrefix}') FROM {came} ORDER BY user_id
            ON CONFLICT (user_id) DO NOTHING
            """;

    /// <summary>
    /// A part of a statement that updates when the users of <paramref name="went"/> were last seen, a named subquery
    /// with the columns <c>user_id</c> and <c>node</c>.
    /// </summary>
    public static string MarkSeen(string went) =>
        $"""
            UPDATE users SET last_seen = greatest(users.last_seen, free.at)
            FROM (
                SELECT users.user_id, latest.at
                FROM (
                    SELECT user_id, max(coalesce(
                        -- A lost node's sessions are deleted when it is back.
                        (SELECT changed_at FROM nodes WHERE nodes.name = {went}.node AND NOT nodes.reachable),
                        now()
                    )) AS at
                    FROM {went} GROUP BY user_id
                ) AS latest JOIN users USING (user_id)
                -- Whoever has locked a row sets it to about the same time.
                FOR UPDATE OF users SKIP LOCKED
            ) AS free
            WHERE users.user_id = free.user_id
            """;

    /// <summary>Finds out which of these users have ever been seen, or are about to listen.</summary>
    public async Task<IReadOnlyDictionary<string, string>> FindKnownAsync(IReadOnlyList<string> userIds)
    {
        var known = await database.QueryAsync<string>(
            """
            SELECT user_id FROM users WHERE user_id = ANY(@userIds)
            UNION SELECT user_id FROM sessions WHERE user_id = ANY(@userIds) AND ended_at IS NULL
            """,
            new { userIds }
        );
        return known.ToDictionary(userId => userId);
    }

    /// <summary>Lists the users ever seen who are not anonymous, in the byte order of their ids.</summary>
    /// <param name="visible">An SQL subquery of the only users to list, with <c>@viewer</c>; null for all of them.</param>
    public Task<IReadOnlyList<KnownUser>> ListAsync(string? visible, string? viewer, string after, int limit) =>
        database.QueryAsync<KnownUser>(
            $"""
            SELECT user_id AS UserId, first_seen AS FirstSeen, last_seen AS LastSeen
            FROM {(visible is null ? "users" : $"{visible} AS visible JOIN users USING (user_id)")}
            WHERE NOT anonymous AND user_id COLLATE "C" > @after
            ORDER BY user_id COLLATE "C" LIMIT @limit
            """,
            new
            {
                viewer,
                after,
                limit,
            }
        );

    public Task EraseAsync(string userId) =>
        database.ExecuteAsync("DELETE FROM users WHERE user_id = @userId", new { userId });

    /// <summary>Forgets anonymous users who have been away for that long and are in no room.</summary>
    /// <returns>How many.</returns>
    public async Task<int> ForgetAnonymousAsync(TimeSpan awayFor)
    {
        var forgotten = 0;
        int portion;
        do
        {
            portion = await database.QuerySingleAsync<int>(
                $"""
                WITH forgotten AS (
                    DELETE FROM users
                    WHERE {IsToBeForgotten} AND user_id IN (
                        SELECT user_id FROM users
                        WHERE {IsToBeForgotten}
                          AND NOT EXISTS (SELECT FROM room_members WHERE room_members.user_id = users.user_id)
                        LIMIT @MaxAtOnce FOR UPDATE SKIP LOCKED
                    )
                    RETURNING user_id
                ), devices AS (
                    DELETE FROM inbox_devices USING forgotten WHERE inbox_devices.user_id = forgotten.user_id
                ), empty AS (
                    -- In the order in which storing locks them; a locked one is about to be filled.
                    SELECT user_id FROM inboxes WHERE user_id IN (SELECT user_id FROM forgotten) AND NOT has_entries
                    ORDER BY user_id FOR UPDATE SKIP LOCKED
                ), emptied AS (
                    DELETE FROM inboxes USING empty WHERE inboxes.user_id = empty.user_id
                )
                SELECT count(*)::int FROM forgotten
                """,
                new { awayFor, MaxAtOnce }
            );
            forgotten += portion;
        } while (portion == MaxAtOnce);
        return forgotten;
    }
}
