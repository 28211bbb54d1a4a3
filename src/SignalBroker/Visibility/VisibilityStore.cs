using Npgsql;

namespace SignalBroker.Visibility;

/// <summary>The SQL statements of who knows whom from a room that both are in.</summary>
internal sealed class VisibilityStore(NpgsqlDataSource database)
{
    /// <summary>An SQL condition that is true where a user is in a room with the viewer, and not anonymously.</summary>
    /// <remarks>
    /// Otherwise a viewer could unmask anonymous members by asking for everyone. It goes through the viewer's rooms one
    /// by one, so that the time does not tell how many rooms the user is in.
    /// </remarks>
    public static string IsKnownTo(string viewer, string user) =>
        $"""
            EXISTS (
                SELECT FROM room_members AS own CROSS JOIN LATERAL (
                    SELECT FROM room_members AS other
                    WHERE other.room_id = own.room_id AND other.user_id = {user} AND NOT other.anonymous
                    OFFSET 0
                ) AS shared
                WHERE own.user_id = {viewer}
            )
            """;

    /// <summary>An SQL query of the users for whom <see cref="IsKnownTo"/> is true.</summary>
    /// <param name="viewer">An SQL expression for the viewer's id.</param>
    public static string KnownTo(string viewer) =>
        $"""
            SELECT other.user_id FROM room_members AS own JOIN room_members AS other USING (room_id)
            WHERE own.user_id = {viewer} AND NOT other.anonymous
            """;

    /// <summary>Whether the user is in a room with the viewer, and not anonymously.</summary>
    public Task<bool> IsKnownAsync(string viewer, string userId) =>
        database.QuerySingleAsync<bool>($"SELECT {IsKnownTo("@viewer", "@userId")}", new { viewer, userId });

    /// <summary>The same for the user of a session.</summary>
    public Task<bool> IsSessionKnownAsync(string viewer, string listeningKey) =>
        database.QuerySingleAsync<bool>(
            $"""
            WITH owner AS MATERIALIZED (
                -- Nobody's id without such a session, so that the search takes as long.
                SELECT coalesce(
                    (SELECT user_id FROM sessions WHERE listening_key = @listeningKey AND ended_at IS NULL), ''
                ) AS user_id
            )
            SELECT {IsKnownTo("@viewer", "owner.user_id")} FROM owner
            """,
            new { viewer, listeningKey }
        );
}
