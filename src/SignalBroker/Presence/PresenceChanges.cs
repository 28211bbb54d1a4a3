using SignalBroker.Sessions;
using SignalBroker.Users;

namespace SignalBroker.Presence;

/// <summary>The parts of statements that mark users whose presence may have changed as due.</summary>
/// <remarks>
/// A statement that acks, ends or deletes sessions contains them, so that no crash comes between. Only users that
/// somebody has subscribed to are marked: for all others it costs one index look-up.
/// </remarks>
internal sealed class PresenceChanges : ISessionStatements
{
    /// <summary>Where it is announced that something is due.</summary>
    public const string Channel = "presence";

    /// <summary>How long a user may be gone before anybody is told.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    public const string Announce = $"pg_notify('{Channel}', '')";

    /// <summary>Named subqueries for sessions that were acked, and sessions that were deleted.</summary>
    /// <param name="acked">A named subquery with the column <c>user_id</c>.</param>
    /// <param name="deleted">A named subquery with the columns <c>user_id</c>, <c>node</c>, <c>acked_at</c> and <c>ended_at</c>.</param>
    public static string AckedAndDeleted(string acked, string deleted) =>
        $"""
            {Gone(deleted, $"{deleted}.acked_at IS NOT NULL AND {deleted}.ended_at IS NULL")}
            presence_changes AS (
                INSERT INTO presence_due (user_id, due_at, went)
                {SelectCame(acked)} UNION ALL {SelectWent}
                RETURNING {Announce}
            )
            """;

    /// <summary>Named subqueries for sessions that were acked.</summary>
    /// <inheritdoc cref="AckedAndDeleted" path="/param" />
    public static string Acked(string acked) =>
        $"""
            presence_changes AS (
                INSERT INTO presence_due (user_id, due_at, went) {SelectCame(acked)} RETURNING {Announce}
            )
            """;

    /// <summary>
    /// Named subqueries that hand subscriptions on to the successors of sessions, by the subqueries of
    /// <see cref="Successions.End" />.
    /// </summary>
    public const string Succeeded = """
        watching AS (
            INSERT INTO presence_subscriptions (listening_key, user_id, told)
            SELECT succeeded.successor, watched.user_id, watched.told
            FROM succeeded JOIN presence_subscriptions AS watched USING (listening_key)
            UNION ALL
            SELECT successor, unnest(watched), NULL FROM resumed
            ON CONFLICT DO NOTHING
        )
        """;

    /// <summary>Named subqueries for sessions that were deleted.</summary>
    /// <inheritdoc cref="AckedAndDeleted" path="/param" />
    public static string Deleted(string deleted) =>
        Went(deleted, $"{deleted}.acked_at IS NOT NULL AND {deleted}.ended_at IS NULL");

    /// <summary>Named subqueries for sessions that were ended, and will be deleted later.</summary>
    /// <param name="ended">A named subquery with the columns <c>user_id</c>, <c>node</c> and <c>acked_at</c>.</param>
    public static string Ended(string ended) => Went(ended, $"{ended}.acked_at IS NOT NULL");

    string ISessionStatements.Ended(string ended) => Ended(ended);

    string ISessionStatements.Deleted(string deleted) => Deleted(deleted);

    private static string Went(string sessions, string condition) =>
        $"""
            {Gone(sessions, condition)}
            presence_changes AS (
                INSERT INTO presence_due (user_id, due_at, went) {SelectWent} RETURNING {Announce}
            )
            """;

    private static string Gone(string sessions, string condition) =>
        $"""
            went AS (
                SELECT user_id, node FROM {sessions} WHERE {condition}
            ), seen AS (
                {UserStore.MarkSeen("went")}
            ),
            """;

    private static string SelectCame(string acked) =>
        $"SELECT DISTINCT user_id, now(), false FROM {acked} WHERE {IsWatched(acked)}";

    private static string SelectWent =>
        $"SELECT DISTINCT user_id, now() + interval '{Grace.TotalSeconds} s', true FROM went WHERE {IsWatched("went")}";

    // Not a join: with a cached plan, that might scan the table.
    private static string IsWatched(string users) =>
        $"(SELECT true FROM presence_subscriptions AS watched WHERE watched.user_id = {users}.user_id LIMIT 1)";
}
