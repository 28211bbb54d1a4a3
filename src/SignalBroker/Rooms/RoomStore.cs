using Dapper;
using Npgsql;
using SignalBroker.Users;

namespace SignalBroker.Rooms;

internal sealed record NewRoom(
    string RoomId,
    string? Name,
    RoomKind Kind,
    bool Open,
    byte[]? JoinCodeSha256,
    int MaxMembers
);

/// <summary>The SQL statements that create, read and remove rooms.</summary>
internal sealed class RoomStore(NpgsqlDataSource database)
{
    private const string RoomColumns = """
        room_id AS RoomId, name AS Name, kind AS Kind, owner AS Owner, is_open AS Open, max_members AS MaxMembers,
        version AS Version
        """;

    private const string MemberColumns = """
        member_id AS MemberId, user_id AS UserId, alias AS Alias, anonymous AS Anonymous, joined_at AS JoinedAt
        """;

    private static readonly string Announce = $"pg_notify('{RoomDirectory.ChannelName}', @roomId)::text";

    /// <summary>Creates a room with its owner as its first member.</summary>
    /// <returns>False if the user is already in as many rooms as allowed.</returns>
    public async Task<bool> CreateAsync(NewRoom room, NewMember owner, int maxPerUser) =>
        await MembershipStore.QueryAsync<int>(
            database,
            locks: 1,
            $"""
            {MembershipStore.LockUser}
            WITH created AS (
                INSERT INTO rooms (room_id, name, kind, owner, is_open, join_code_sha256, max_members)
                SELECT @RoomId, @Name, @kind, @UserId, @Open, @JoinCodeSha256, @MaxMembers
                WHERE (SELECT count(*) FROM room_members WHERE user_id = @UserId) < @maxPerUser
                RETURNING room_id
            ), joined AS (
                INSERT INTO room_members (room_id, user_id, member_id, alias, anonymous, alias_key, user_key)
                SELECT room_id, @UserId, @MemberId, @Alias, @Anonymous, @AliasKey, @UserKey FROM created
                RETURNING user_id
            ), known AS (
                {UserStore.Register("joined")}
            )
            SELECT count(*)::int FROM joined
            """,
            new
            {
                room.RoomId,
                room.Name,
                kind = room.Kind == RoomKind.Host ? "host" : "broadcast",
                room.Open,
                room.JoinCodeSha256,
                room.MaxMembers,
                owner.UserId,
                owner.MemberId,
                owner.Alias,
                owner.Anonymous,
                owner.AliasKey,
                owner.UserKey,
                maxPerUser,
            }
        ) > 0;

    /// <summary>Replaces a room's join code.</summary>
    /// <returns>False if the room is open, or no longer the user's.</returns>
    public async Task<bool> ChangeCodeAsync(string roomId, string owner, byte[] joinCodeSha256)
    {
        await using var connection = await database.OpenConnectionAsync();
        var changed = await connection.ExecuteAsync(
            """
            UPDATE rooms SET join_code_sha256 = @joinCodeSha256
            WHERE room_id = @roomId AND owner = @owner AND NOT is_open
            """,
            new
            {
                roomId,
                owner,
                joinCodeSha256,
            }
        );
        return changed > 0;
    }

    /// <returns>False if there is no such room, or the user does not own it.</returns>
    public async Task<bool> CloseAsync(string roomId, string owner)
    {
        await using var connection = await database.OpenConnectionAsync();
        var closed = await connection.QueryAsync(
            $"DELETE FROM rooms WHERE room_id = @roomId AND owner = @owner RETURNING {Announce}",
            new { roomId, owner }
        );
        return closed.Any();
    }

    /// <summary>Finds the rooms of an owner in which nobody is.</summary>
    public Task<IReadOnlyList<string>> FindEmptyOfAsync(string owner) =>
        database.QueryAsync<string>(
            """
            SELECT room_id FROM rooms
            WHERE owner = @owner AND NOT EXISTS (SELECT FROM room_members WHERE room_members.room_id = rooms.room_id)
            """,
            new { owner }
        );

    /// <summary>Finds rooms with their members.</summary>
    public async Task<IReadOnlyDictionary<string, RoomRoster>> FindAsync(IReadOnlyList<string> roomIds)
    {
        await using var connection = await database.OpenConnectionAsync();
        // One statement, so that a room and its members are of the same moment.
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

    public async Task<IReadOnlyDictionary<string, Room>> FindWithoutMembersAsync(IReadOnlyList<string> roomIds)
    {
        await using var connection = await database.OpenConnectionAsync();
        var rooms = await connection.QueryAsync<Room>(
            $"SELECT {RoomColumns} FROM rooms WHERE room_id = ANY(@roomIds)",
            new { roomIds }
        );
        return rooms.ToDictionary(room => room.RoomId);
    }

    /// <summary>The user's rooms, the oldest membership first.</summary>
    public async Task<IReadOnlyList<RoomOfUser>> FindOfUserAsync(string userId)
    {
        await using var connection = await database.OpenConnectionAsync();
        var rooms = await connection.QueryAsync<Room, RoomOfUser, RoomOfUser>(
            $"""
            SELECT {RoomColumns}, own.member_id AS Me,
                (SELECT count(*)::int FROM room_members WHERE room_id = rooms.room_id) AS Members,
                (SELECT member_id FROM room_members WHERE room_id = rooms.room_id AND user_id = rooms.owner) AS OwnerMember
            FROM room_members AS own JOIN rooms USING (room_id)
            WHERE own.user_id = @userId
            ORDER BY own.joined_at, room_id
            """,
            (room, of) => of with { Room = room },
            new { userId },
            splitOn: "Me"
        );
        return rooms.AsList();
    }

    /// <summary>Notes which rooms are empty or filled again, and removes those empty for too long.</summary>
    /// <returns>How many were removed.</returns>
    public async Task<int> SweepAsync(TimeSpan emptyFor)
    {
        await using var connection = await database.OpenConnectionAsync();
        var removed = await connection.QueryAsync(
            $"""
            WITH turn AS MATERIALIZED (
                SELECT pg_try_advisory_xact_lock({AdvisoryLocks.RoomSweep}) AS mine
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
}
