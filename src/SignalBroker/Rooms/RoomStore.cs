using Dapper;
using Npgsql;

namespace SignalBroker.Rooms;

/// <summary>What a new room is made of.</summary>
public sealed record NewRoom(
    string RoomId,
    string? Name,
    RoomKind Kind,
    bool Open,
    byte[]? JoinCodeSha256,
    int MaxMembers
);

/// <summary>What a new member is made of.</summary>
public sealed record NewMember(string MemberId, string UserId, string? Alias, bool Anonymous);

/// <summary>How an attempt to join a room ended.</summary>
public enum Joining
{
    /// <summary>The user is a member now.</summary>
    Joined,

    /// <summary>The user has been one before, and stays the member that it was.</summary>
    AlreadyMember,

    /// <summary>The room is not open, and the code is not its own.</summary>
    WrongCode,

    /// <summary>The room has as many members as it may have.</summary>
    Full,

    /// <summary>The user is a member of as many rooms as allowed.</summary>
    UserFull,

    /// <summary>Another member is called so.</summary>
    AliasTaken,

    /// <summary>There is no such room.</summary>
    NoRoom,
}

/// <summary>Every SQL statement that touches rooms and their members.</summary>
public sealed class RoomStore(NpgsqlDataSource database)
{
    private const string RoomColumns = """
        room_id AS RoomId, name AS Name, kind AS Kind, owner AS Owner, is_open AS Open, max_members AS MaxMembers,
        version AS Version
        """;

    private const string MemberColumns = """
        member_id AS MemberId, user_id AS UserId, alias AS Alias, anonymous AS Anonymous, joined_at AS JoinedAt
        """;

    // The later statement sees what those before it in this room have committed.
    private const string Lock = "SELECT room_id FROM rooms WHERE room_id = @roomId FOR UPDATE;";

    private static readonly string Announce = $"pg_notify('{RoomDirectory.ChannelName}', @roomId)::text";

    /// <summary>An SQL condition that holds where a user is in a room with the viewer that lets the viewer know it.</summary>
    /// <remarks>Whoever is anonymous in a room is not known by it, or asking for everyone would unmask it.</remarks>
    public static string IsKnownTo(string viewer, string user) =>
        $"""
            EXISTS (
                SELECT FROM room_members AS own JOIN room_members AS other USING (room_id)
                WHERE own.user_id = {viewer} AND other.user_id = {user} AND NOT other.anonymous
            )
            """;

    /// <summary>An SQL query of the users of whom <see cref="IsKnownTo"/> holds.</summary>
    /// <param name="viewer">An SQL expression for the viewer's id.</param>
    public static string KnownTo(string viewer) =>
        $"""
            SELECT other.user_id FROM room_members AS own JOIN room_members AS other USING (room_id)
            WHERE own.user_id = {viewer} AND NOT other.anonymous
            """;

    /// <summary>Makes a room with its owner as its first member.</summary>
    /// <returns>Whether it was made: the user may be a member of too many already.</returns>
    public async Task<bool> CreateAsync(NewRoom room, NewMember owner, int maxPerUser)
    {
        await using var connection = await database.OpenConnectionAsync();
        var created = await connection.ExecuteAsync(
            """
            WITH created AS (
                INSERT INTO rooms (room_id, name, kind, owner, is_open, join_code_sha256, max_members)
                SELECT @RoomId, @Name, @kind, @UserId, @Open, @JoinCodeSha256, @MaxMembers
                WHERE (SELECT count(*) FROM room_members WHERE user_id = @UserId) < @maxPerUser
                RETURNING room_id
            )
            INSERT INTO room_members (room_id, user_id, member_id, alias, anonymous)
            SELECT room_id, @UserId, @MemberId, @Alias, @Anonymous FROM created
            """,
            new
            {
                room.RoomId,
                room.Name,
                kind = NameOf(room.Kind),
                room.Open,
                room.JoinCodeSha256,
                room.MaxMembers,
                owner.UserId,
                owner.MemberId,
                owner.Alias,
                owner.Anonymous,
                maxPerUser,
            }
        );
        return created > 0;
    }

    /// <summary>Makes a user a member, if the room takes it.</summary>
    /// <returns>How it ended; with <see cref="Joining.Joined"/>, the room's new version.</returns>
    public async Task<(Joining Joining, long Version)> JoinAsync(
        string roomId,
        NewMember member,
        byte[]? joinCodeSha256,
        int maxPerUser
    )
    {
        await using var connection = await database.OpenConnectionAsync();
        await using var results = await connection.QueryMultipleAsync(
            $"""
            {Lock}
            WITH judged AS (
                SELECT CASE
                    WHEN EXISTS (SELECT FROM room_members WHERE room_id = @roomId AND user_id = @UserId)
                        THEN '{nameof(Joining.AlreadyMember)}'
                    WHEN NOT is_open AND owner <> @UserId AND join_code_sha256 IS DISTINCT FROM @joinCodeSha256
                        THEN '{nameof(Joining.WrongCode)}'
                    WHEN (SELECT count(*) FROM room_members WHERE room_id = @roomId) >= max_members
                        THEN '{nameof(Joining.Full)}'
                    WHEN (SELECT count(*) FROM room_members WHERE user_id = @UserId) >= @maxPerUser
                        THEN '{nameof(Joining.UserFull)}'
                    WHEN EXISTS (
                        SELECT FROM room_members
                        WHERE room_id = @roomId
                          -- An anonymous member's user id is no name here: a refusal would tell that it is.
                          AND lower(@Alias) IN (lower(alias), CASE WHEN NOT anonymous THEN lower(user_id) END)
                    )
                        THEN '{nameof(Joining.AliasTaken)}'
                    ELSE '{nameof(Joining.Joined)}'
                END AS verdict
                FROM rooms WHERE room_id = @roomId
            ), joined AS (
                INSERT INTO room_members (room_id, user_id, member_id, alias, anonymous)
                SELECT @roomId, @UserId, @MemberId, @Alias, @Anonymous
                FROM judged WHERE verdict = '{nameof(Joining.Joined)}'
                RETURNING room_id
            ), counted AS (
                UPDATE rooms SET version = version + 1, empty_since = NULL,
                    -- Nobody was left to inherit it.
                    owner = CASE
                        WHEN EXISTS (SELECT FROM room_members WHERE room_id = @roomId) THEN owner ELSE @UserId
                    END
                WHERE room_id IN (SELECT room_id FROM joined)
                RETURNING version, {Announce}
            )
            SELECT verdict, coalesce((SELECT version FROM counted), 0) FROM judged;
            """,
            new
            {
                roomId,
                member.UserId,
                member.MemberId,
                member.Alias,
                member.Anonymous,
                joinCodeSha256,
                maxPerUser,
            }
        );
        await results.ReadAsync();
        var (verdict, version) = await results.ReadSingleOrDefaultAsync<(string?, long)>();
        return (verdict is null ? Joining.NoRoom : Enum.Parse<Joining>(verdict), version);
    }

    /// <summary>Ends a membership. The owner's place goes to whoever has been a member for longest.</summary>
    /// <returns>The room's new version; null when the user was no member.</returns>
    public async Task<long?> LeaveAsync(string roomId, string userId)
    {
        await using var connection = await database.OpenConnectionAsync();
        await using var results = await connection.QueryMultipleAsync(
            $"""
            {Lock}
            WITH gone AS (
                DELETE FROM room_members WHERE room_id = @roomId AND user_id = @userId RETURNING room_id
            )
            UPDATE rooms SET version = version + 1,
                owner = coalesce(
                    (
                        SELECT user_id FROM room_members
                        WHERE room_id = @roomId AND user_id <> @userId AND rooms.owner = @userId
                        ORDER BY joined_at, member_id LIMIT 1
                    ),
                    owner
                )
            WHERE room_id IN (SELECT room_id FROM gone)
            RETURNING version, {Announce};
            """,
            new { roomId, userId }
        );
        return await ReadVersionAsync(results);
    }

    /// <summary>Lets the others know who an anonymous member is.</summary>
    /// <returns>The room's new version; null when the user was no anonymous member.</returns>
    public async Task<long?> RevealAsync(string roomId, string userId)
    {
        await using var connection = await database.OpenConnectionAsync();
        await using var results = await connection.QueryMultipleAsync(
            $"""
            {Lock}
            WITH revealed AS (
                UPDATE room_members SET anonymous = false
                WHERE room_id = @roomId AND user_id = @userId AND anonymous
                RETURNING room_id
            )
            UPDATE rooms SET version = version + 1 WHERE room_id IN (SELECT room_id FROM revealed)
            RETURNING version, {Announce};
            """,
            new { roomId, userId }
        );
        return await ReadVersionAsync(results);
    }

    /// <summary>Removes a room that the user owns.</summary>
    /// <returns>Whether it was removed.</returns>
    public async Task<bool> CloseAsync(string roomId, string owner)
    {
        await using var connection = await database.OpenConnectionAsync();
        var closed = await connection.QueryAsync(
            $"DELETE FROM rooms WHERE room_id = @roomId AND owner = @owner RETURNING {Announce}",
            new { roomId, owner }
        );
        return closed.Any();
    }

    /// <summary>Finds rooms with their members.</summary>
    public async Task<IReadOnlyDictionary<string, RoomRoster>> FindAsync(IReadOnlyList<string> roomIds)
    {
        await using var connection = await database.OpenConnectionAsync();
        // One statement, so that a room and its members are of one moment.
        var rows = await connection.QueryAsync<Room, RoomMember?, (Room Room, RoomMember? Member)>(
            $"""
            SELECT {RoomColumns}, {MemberColumns}
            FROM rooms LEFT JOIN room_members USING (room_id)
            WHERE room_id = ANY(@roomIds)
            ORDER BY joined_at, member_id
            """,
            (room, member) => (room, member),
            new { roomIds },
            splitOn: "MemberId"
        );
        return rows.GroupBy(row => row.Room.RoomId)
            .ToDictionary(
                rows => rows.Key,
                rows => new RoomRoster(rows.First().Room, [.. rows.Select(row => row.Member).OfType<RoomMember>()])
            );
    }

    /// <summary>The ids of the rooms that a user is a member of, the oldest membership first.</summary>
    public async Task<IReadOnlyList<string>> FindOfUserAsync(string userId)
    {
        await using var connection = await database.OpenConnectionAsync();
        var found = await connection.QueryAsync<string>(
            "SELECT room_id FROM room_members WHERE user_id = @userId ORDER BY joined_at, room_id",
            new { userId }
        );
        return found.AsList();
    }

    /// <summary>Which of these users are in a room with the viewer that lets the viewer know them.</summary>
    public async Task<IReadOnlyList<string>> FindKnownAsync(string viewer, IReadOnlyList<string> userIds)
    {
        await using var connection = await database.OpenConnectionAsync();
        var known = await connection.QueryAsync<string>(
            $"SELECT user_id FROM unnest(@userIds) AS asked(user_id) WHERE {IsKnownTo("@viewer", "asked.user_id")}",
            new { viewer, userIds }
        );
        return known.AsList();
    }

    /// <summary>Notes which rooms have become empty or are no longer, and removes those that have been for too long.</summary>
    /// <returns>How many were removed.</returns>
    public async Task<int> SweepAsync(TimeSpan emptyFor)
    {
        await using var connection = await database.OpenConnectionAsync();
        var removed = await connection.QueryAsync(
            $"""
            WITH turn AS MATERIALIZED (
                SELECT pg_try_advisory_xact_lock(hashtextextended('rooms', 0)) AS mine
            ), empty AS MATERIALIZED (
                SELECT room_id FROM rooms
                WHERE (SELECT mine FROM turn) AND NOT EXISTS (
                    SELECT FROM room_members JOIN sessions USING (user_id)
                    WHERE room_members.room_id = rooms.room_id AND sessions.ended_at IS NULL
                )
            ), filled AS (
                UPDATE rooms SET empty_since = NULL
                WHERE (SELECT mine FROM turn) AND empty_since IS NOT NULL AND room_id NOT IN (SELECT room_id FROM empty)
            ), emptied AS (
                UPDATE rooms SET empty_since = now()
                WHERE empty_since IS NULL AND room_id IN (SELECT room_id FROM empty)
            )
            DELETE FROM rooms
            WHERE empty_since < now() - @emptyFor AND room_id IN (SELECT room_id FROM empty)
            RETURNING pg_notify('{RoomDirectory.ChannelName}', room_id)::text
            """,
            new { emptyFor }
        );
        return removed.Count();
    }

    // After the row of the lock.
    private static async Task<long?> ReadVersionAsync(SqlMapper.GridReader results)
    {
        await results.ReadAsync();
        return (await results.ReadSingleOrDefaultAsync<(long? Version, string)>()).Version;
    }

    private static string NameOf(RoomKind kind) => kind == RoomKind.Host ? "host" : "broadcast";
}
