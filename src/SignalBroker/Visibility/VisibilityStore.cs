using Dapper;
using Npgsql;

namespace SignalBroker.Visibility;

/// <summary>The SQL statements of who knows whom by a room that both are in.</summary>
internal sealed class VisibilityStore(NpgsqlDataSource database)
{
    /// <summary>An SQL condition that holds where a user is in a room with the viewer that lets the viewer know it.</summary>
    /// <remarks>
    /// Whoever is anonymous in a room is not known by it, or asking for everyone would unmask it. The viewer's rooms are gone
    /// through one by one, however many the user is in: the time must not tell.
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

    /// <summary>An SQL query of the users of whom <see cref="IsKnownTo"/> holds.</summary>
    /// <param name="viewer">An SQL expression for the viewer's id.</param>
    public static string KnownTo(string viewer) =>
        $"""
            SELECT other.user_id FROM room_members AS own JOIN room_members AS other USING (room_id)
            WHERE own.user_id = {viewer} AND NOT other.anonymous
            """;

    /// <summary>Whether the viewer is in a room with the user that lets the viewer know the user.</summary>
    public async Task<bool> IsKnownAsync(string viewer, string userId)
    {
        await using var connection = await database.OpenConnectionAsync();
        return await connection.QuerySingleAsync<bool>(
            $"SELECT {IsKnownTo("@viewer", "@userId")}",
            new { viewer, userId }
        );
    }

    /// <summary>Whether the viewer is in a room with the user whose session it is that lets the viewer know the user.</summary>
    public async Task<bool> IsSessionKnownAsync(string viewer, string listeningKey)
    {
        await using var connection = await database.OpenConnectionAsync();
        return await connection.QuerySingleAsync<bool>(
            $"""
            WITH owner AS MATERIALIZED (
                -- No user's id, so that as much is looked for when there is no such session.
                SELECT coalesce(
                    (SELECT user_id FROM sessions WHERE listening_key = @listeningKey AND ended_at IS NULL), ''
                ) AS user_id
            )
            SELECT {IsKnownTo("@viewer", "owner.user_id")} FROM owner
            """,
            new { viewer, listeningKey }
        );
    }
}
