using System.Runtime.InteropServices;
using Dapper;
using Npgsql;
using SignalBroker.Sessions;
using SignalBroker.Users;

namespace SignalBroker.Rooms;

internal sealed record NewMember(string MemberId, string UserId, string? Alias, bool Anonymous)
{
    /// <summary>What no other member's alias may share.</summary>
    public string? AliasKey => Alias is null ? null : RoomNames.KeyOf(Alias);

    /// <summary>The same for the user's id, which names a member that is not anonymous.</summary>
    public string UserKey => RoomNames.KeyOf(UserId);

    public RoomMember ToMember() =>
        new()
        {
            MemberId = MemberId,
            UserId = UserId,
            Alias = Alias,
            Anonymous = Anonymous,
        };
}

/// <param name="Version">The room's new version; 0 unless the user has become a member.</param>
/// <param name="TakenForAnother">For how long a webapp may still take the user for the member that it was before.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Joined(Joining Joining, long Version, TimeSpan TakenForAnother);

/// <summary>How an attempt to join a room ended.</summary>
internal enum Joining
{
    Joined,

    /// <summary>The user was a member already, and stays the same member.</summary>
    AlreadyMember,

    /// <summary>The user was removed, and may not join again yet.</summary>
    Removed,

    /// <summary>The room is not open, and this is not its code.</summary>
    WrongCode,
    Full,

    /// <summary>The user is a member of as many rooms as allowed.</summary>
    UserFull,
    AliasTaken,
    NoRoom,
}

/// <summary>The SQL statements that change who is in a room.</summary>
internal sealed class MembershipStore(NpgsqlDataSource database)
{
    /// <summary>Locks the count of a user's rooms until the transaction ends; taken before the room's lock.</summary>
    public static readonly string LockUser =
        $"SELECT pg_advisory_xact_lock(hashtextextended(@UserId, {AdvisoryLocks.JoiningUser}));";

    // A room's owner can't fill the table by removing made-up users.
    private const int MaxRemovals = 1000;

    // The next statement sees what others have committed in this room before.
    private const string LockRoom = "SELECT room_id FROM rooms WHERE room_id = @roomId FOR UPDATE;";

    private static readonly string Announce = $"pg_notify('{RoomDirectory.ChannelName}', @roomId)::text";

    // A departure is stamped a moment before it is committed.
    private static readonly TimeSpan Memory = SessionDirectory.MaxMemoryAge + TimeSpan.FromSeconds(0.5);

    /// <summary>Makes a user a member, if the room takes it.</summary>
    public async Task<Joined> JoinAsync(string roomId, NewMember member, byte[]? joinCodeSha256, int maxPerUser)
    {
        var (verdict, version, takenForAnother) = await QueryAsync<(string?, long, TimeSpan)>(
            database,
            locks: 2,
            $"""
            {LockUser}
            {LockRoom}
            WITH judged AS (
                SELECT CASE
                    WHEN EXISTS (SELECT FROM room_members WHERE room_id = @roomId AND user_id = @UserId)
                        THEN '{nameof(Joining.AlreadyMember)}'
                    WHEN EXISTS (
                        SELECT FROM room_departures
                        WHERE room_id = @roomId AND user_id = @UserId AND removed_until > clock_timestamp()
                    )
                        THEN '{nameof(Joining.Removed)}'
                    WHEN NOT is_open AND owner <> @UserId AND join_code_sha256 IS DISTINCT FROM @joinCodeSha256
                        THEN '{nameof(Joining.WrongCode)}'
                    WHEN (SELECT count(*) FROM room_members WHERE room_id = @roomId) >= max_members
                        THEN '{nameof(Joining.Full)}'
                    WHEN (SELECT count(*) FROM room_members WHERE user_id = @UserId) >= @maxPerUser
                        THEN '{nameof(Joining.UserFull)}'
                    WHEN EXISTS (
                        SELECT FROM room_members
                        WHERE room_id = @roomId
                          -- An anonymous member's user id does not count as a name: a refusal would reveal it.
                          AND @AliasKey IN (
                              coalesce(alias_key, name_key(alias)),
                              CASE WHEN NOT anonymous THEN coalesce(user_key, name_key(user_id)) END
                          )
                    )
                        THEN '{nameof(Joining.AliasTaken)}'
                    ELSE '{nameof(Joining.Joined)}'
                END AS verdict
                FROM rooms WHERE room_id = @roomId
            ), joined AS (
                INSERT INTO room_members (room_id, user_id, member_id, alias, anonymous, alias_key, user_key)
                SELECT @roomId, @UserId, @MemberId, @Alias, @Anonymous, @AliasKey, @UserKey
                FROM judged WHERE verdict = '{nameof(Joining.Joined)}'
                RETURNING room_id, user_id
            ), known AS (
                {UserStore.Register("joined")}
            ), counted AS (
                UPDATE rooms SET version = version + 1, empty_since = NULL,
                    -- An empty room belongs to whoever joins it.
                    owner = CASE
                        WHEN EXISTS (SELECT FROM room_members WHERE room_id = @roomId) THEN owner ELSE @UserId
                    END
                WHERE room_id IN (SELECT room_id FROM joined)
                RETURNING version, {Announce}
            )
            SELECT verdict, coalesce((SELECT version FROM counted), 0), coalesce(
                (
                    SELECT greatest(left_at + @memory - clock_timestamp(), interval '0') FROM room_departures
                    WHERE room_id = @roomId AND user_id = @UserId AND (
                        anonymous OR coalesce(
                            (SELECT own.anonymous FROM room_members AS own WHERE room_id = @roomId AND user_id = @UserId),
                            @Anonymous
                        )
                    )
                ),
                interval '0'
            )
            FROM judged;
            """,
            new
            {
                roomId,
                member.UserId,
                member.MemberId,
                member.Alias,
                member.Anonymous,
                member.AliasKey,
                member.UserKey,
                joinCodeSha256,
                maxPerUser,
                memory = Memory,
            }
        );
        return new(verdict is null ? Joining.NoRoom : Enum.Parse<Joining>(verdict), version, takenForAnother);
    }

    /// <summary>Ends a membership. The oldest member becomes the owner if the owner leaves.</summary>
    /// <param name="removedFor">For how long the user may not join again; null for one who leaves.</param>
    /// <returns>The room's new version; null when the user was not this member.</returns>
    public async Task<long?> LeaveAsync(string roomId, RoomMember member, TimeSpan? removedFor = null)
    {
        var (version, _) = await QueryAsync<(long?, string)>(
            database,
            locks: 1,
            $"""
            {LockRoom}
            WITH gone AS (
                DELETE FROM room_members
                WHERE room_id = @roomId AND user_id = @UserId AND member_id = @MemberId
                RETURNING room_id, user_id, member_id, anonymous
            ), noted AS (
                INSERT INTO room_departures (room_id, user_id, anonymous, left_at, removed_until, removed_member)
                SELECT room_id, user_id, anonymous, clock_timestamp(), clock_timestamp() + @removedFor::interval, member_id
                FROM gone
                ON CONFLICT (room_id, user_id) DO UPDATE
                    SET anonymous = excluded.anonymous OR (
                            room_departures.anonymous AND room_departures.left_at > clock_timestamp() - @memory
                        ),
                        left_at = excluded.left_at,
                        removed_until = excluded.removed_until,
                        removed_member = excluded.removed_member
            ), forgotten AS (
                DELETE FROM room_departures
                WHERE room_id = @roomId AND user_id <> @UserId AND left_at < clock_timestamp() - @memory
                  AND (
                    removed_until IS NULL OR removed_until < clock_timestamp() OR removed_until <= (
                        SELECT removed_until FROM room_departures
                        WHERE room_id = @roomId AND removed_until IS NOT NULL
                        ORDER BY removed_until DESC OFFSET {MaxRemovals} LIMIT 1
                    )
                  )
            )
            UPDATE rooms SET version = version + 1,
                owner = coalesce(
                    (
                        SELECT user_id FROM room_members
                        WHERE room_id = @roomId AND user_id <> @UserId AND rooms.owner = @UserId
                        ORDER BY joined_at, member_id LIMIT 1
                    ),
                    owner
                )
            WHERE room_id IN (SELECT room_id FROM gone)
            RETURNING version, {Announce};
            """,
            new
            {
                roomId,
                member.UserId,
                member.MemberId,
                memory = Memory,
                removedFor,
            }
        );
        return version;
    }

    /// <summary>Lets the user of a removed member join again.</summary>
    public async Task ReadmitAsync(string roomId, string memberId)
    {
        await using var connection = await database.OpenConnectionAsync();
        await connection.ExecuteAsync(
            """
            UPDATE room_departures SET removed_until = NULL WHERE room_id = @roomId AND removed_member = @memberId
            """,
            new { roomId, memberId }
        );
    }

    /// <summary>Makes an anonymous member's user id known to the others.</summary>
    /// <returns>The room's new version; null when the user was not this member, or not an anonymous one.</returns>
    public async Task<long?> RevealAsync(string roomId, RoomMember member)
    {
        var (version, _) = await QueryAsync<(long?, string)>(
            database,
            locks: 1,
            $"""
            {LockRoom}
            WITH revealed AS (
                UPDATE room_members SET anonymous = false
                WHERE room_id = @roomId AND user_id = @UserId AND member_id = @MemberId AND anonymous
                RETURNING room_id
            )
            UPDATE rooms SET version = version + 1 WHERE room_id IN (SELECT room_id FROM revealed)
            RETURNING version, {Announce};
            """,
            new
            {
                roomId,
                member.UserId,
                member.MemberId,
            }
        );
        return version;
    }

    /// <summary>Memberships of anonymous users who have been away for so long.</summary>
    public async Task<IReadOnlyList<(string RoomId, string MemberId)>> FindForgottenAsync(TimeSpan awayFor, int limit)
    {
        await using var connection = await database.OpenConnectionAsync();
        var found = await connection.QueryAsync<(string, string)>(
            $"""
            SELECT room_id, member_id FROM room_members JOIN users USING (user_id)
            WHERE {UserStore.IsToBeForgotten} LIMIT @limit
            """,
            new { awayFor, limit }
        );
        return found.AsList();
    }

    /// <summary>A user's memberships.</summary>
    public async Task<IReadOnlyList<(string RoomId, string MemberId)>> FindOfAsync(string userId)
    {
        await using var connection = await database.OpenConnectionAsync();
        var found = await connection.QueryAsync<(string, string)>(
            "SELECT room_id, member_id FROM room_members WHERE user_id = @userId",
            new { userId }
        );
        return found.AsList();
    }

    /// <summary>Forgets which rooms a user has left or was removed from.</summary>
    public Task EraseDeparturesAsync(string userId) =>
        database.ExecuteAsync("DELETE FROM room_departures WHERE user_id = @userId", new { userId });

    /// <summary>Reads the row that comes after the rows of so many locks; the default if there is none.</summary>
    public static async Task<T?> QueryAsync<T>(NpgsqlDataSource database, int locks, string sql, object parameters)
    {
        await using var connection = await database.OpenConnectionAsync();
        await using var results = await connection.QueryMultipleAsync(sql, parameters);
        for (var locked = 0; locked < locks; locked++)
        {
            await results.ReadAsync();
        }

        return await results.ReadSingleOrDefaultAsync<T>();
    }
}
