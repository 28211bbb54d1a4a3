using SignalBroker.Users;

namespace SignalBroker.Presence;

/// <summary>The parts of statements that have somebody look at users whose presence may have changed.</summary>
/// <remarks>
/// Whoever acks, ends or deletes sessions writes it down in the same statement, so that no crash loses it, but only of users
/// that somebody has subscribed to: for all others it is one look into an index.
/// </remarks>
internal static class PresenceChanges
{
    /// <summary>The channel on which it is announced that something is due.</summary>
    public const string Channel = "presence";

    /// <summary>How long a user may be gone before anybody is told.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    /// <summary>Announces what a statement has put down.</summary>
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

    /// <summary>Named subqueries for sessions that were deleted.</summary>
    /// <inheritdoc cref="AckedAndDeleted" path="/param" />
    public static string Deleted(string deleted) =>
        Went(deleted, $"{deleted}.acked_at IS NOT NULL AND {deleted}.ended_at IS NULL");

    /// <summary>Named subqueries for sessions that were ended, and will be deleted later.</summary>
    /// <param name="ended">A named subquery with the columns <c>user_id</c>, <c>node</c> and <c>acked_at</c>.</param>
    public static string Ended(string ended) => Went(ended, $"{ended}.acked_at IS NOT NULL");

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

    // Not a join: each user is looked up, however few there were when the plan was made.
    private static string IsWatched(string users) =>
        $"(SELECT true FROM presence_subscriptions AS watched WHERE watched.user_id = {users}.user_id LIMIT 1)";
}
