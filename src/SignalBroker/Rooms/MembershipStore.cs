using System.Runtime.InteropServices;
using Dapper;
using Npgsql;
using SignalBroker.Database;
using SignalBroker.Identity;
using SignalBroker.Sessions;
using SignalBroker.Users;

namespace SignalBroker.Rooms;

/// <summary>What a new member is made of.</summary>
internal sealed record NewMember(string MemberId, string UserId, string? Alias, bool Anonymous)
{
    /// <summary>What other aliases must not have as well.</summary>
    public string? AliasKey => Alias is null ? null : RoomNames.KeyOf(Alias);

    /// <summary>The same of the user's id, which is the member's name where it is not anonymous.</summary>
    public string UserKey => RoomNames.KeyOf(UserId);

    /// <summary>The member that it becomes.</summary>
    public RoomMember ToMember() =>
        new()
        {
            MemberId = MemberId,
            UserId = UserId,
            Alias = Alias,
            Anonymous = Anonymous,
        };
}

/// <summary>What became of an attempt to join a room.</summary>
/// <param name="Version">The room's new version; 0 unless the user has become a member.</param>
/// <param name="TakenForAnother">For how long a webapp may still take the user for the member that it was before.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Joined(Joining Joining, long Version, TimeSpan TakenForAnother);

/// <summary>How an attempt to join a room ended.</summary>
internal enum Joining
{
    /// <summary>The user is a member now.</summary>
    Joined,

    /// <summary>The user has been one before, and stays the member that it was.</summary>
    AlreadyMember,

    /// <summary>The user was removed, and is kept out.</summary>
    Removed,

    /// <summary>The room is not open, and the code is not its own.</summary>
    WrongCode,

    /// <summary>The room is full.</summary>
    Full,

    /// <summary>The user is a member of as many rooms as allowed.</summary>
    UserFull,

    /// <summary>Another member has this alias.</summary>
    AliasTaken,

    /// <summary>There is no such room.</summary>
    NoRoom,
}

/// <summary>The SQL statements that change who is in a room.</summary>
internal sealed class MembershipStore(NpgsqlDataSource database)
{
    /// <summary>Lets nobody else count a user's rooms before the transaction ends. It comes before the room's lock.</summary>
    public static readonly string LockUser =
        $"SELECT pg_advisory_xact_lock(hashtextextended(@UserId, {AdvisoryLocks.JoiningUser}));";

    // A room's owner can't fill the table by removing made-up users.
    private const int MaxRemovals = 1000;

    // The later statement sees what those before it in this room have committed.
    private const string LockRoom = "SELECT room_id FROM rooms WHERE room_id = @roomId FOR UPDATE;";

    private static readonly string Announce = $"pg_notify('{RoomDirectory.ChannelName}', @roomId)::text";

    // A departure is stamped a moment before it is committed.
    private static readonly TimeSpan Memory = SessionDirectory.MaxMemoryAge + TimeSpan.FromSeconds(0.5);

    /// <summary>Makes a user a member, if the room takes it.</summary>
    public async Task<Joined> JoinAsync(string roomId, NewMember member, byte[]? joinCodeSha256, int maxPerUser)
    {
        await using var connection = await database.OpenConnectionAsync();
        await using var results = await connection.QueryMultipleAsync(
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
                          -- An anonymous member's user id is no name here: a refusal would tell that it is.
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
                    -- Nobody was left to inherit it.
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
        // The rows of the locks.
        await results.ReadAsync();
        await results.ReadAsync();
        var (verdict, version, takenForAnother) = await results.ReadSingleOrDefaultAsync<(string?, long, TimeSpan)>();
        return new(verdict is null ? Joining.NoRoom : Enum.Parse<Joining>(verdict), version, takenForAnother);
    }

    /// <summary>Ends a membership. The owner's place goes to whoever has been a member for longest.</summary>
    /// <param name="removedFor">For how long the user is kept out; null for one who leaves.</param>
    /// <returns>The room's new version; null when the user was not this member.</returns>
    public async Task<long?> LeaveAsync(string roomId, RoomMember member, TimeSpan? removedFor = null)
    {
        await using var connection = await database.OpenConnectionAsync();
        await using var results = await connection.QueryMultipleAsync(
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
        return await ReadVersionAsync(results);
    }

    /// <summary>Ends the removal of a member: its user may join again.</summary>
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

    /// <summary>Lets the others know who an anonymous member is.</summary>
    /// <returns>The room's new version; null when the user was not this member, or not an anonymous one.</returns>
    public async Task<long?> RevealAsync(string roomId, RoomMember member)
    {
        await using var connection = await database.OpenConnectionAsync();
        await using var results = await connection.QueryMultipleAsync(
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
        return await ReadVersionAsync(results);
    }

    /// <summary>Finds memberships of anonymous users who have been away for long.</summary>
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

    // After the row of the lock.
    private static async Task<long?> ReadVersionAsync(SqlMapper.GridReader results)
    {
        await results.ReadAsync();
        return (await results.ReadSingleOrDefaultAsync<(long? Version, string)>()).Version;
    }
}
