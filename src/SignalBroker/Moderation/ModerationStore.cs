using Npgsql;
using SignalBroker.Sessions;

namespace SignalBroker.Moderation;

/// <summary>The SQL statements of ending sessions, blocking users, and the record of it.</summary>
internal sealed class ModerationStore(NpgsqlDataSource database, IEnumerable<ISessionStatements> others) : IUserData
{
    private const string Audit = """
        INSERT INTO audit_log (act, done_by, address, target_kind, target, until, reason)
        SELECT @Act, @By, @Address, @TargetKind, @Target, @Until, @Reason
        """;

    private readonly string whenEnded = others.Parts(other => other.Ended("ended"));

    /// <summary>Writes an act down.</summary>
    /// <returns>The record's id.</returns>
    public Task<long> RecordAsync(Act act) => database.QuerySingleAsync<long>($"{Audit} RETURNING id", Parameters(act));

    /// <summary>Ends some of the sessions that an act is meant for; the credentials of those that have gone are good for nothing.</summary>
    /// <param name="record">The act's record, which counts them.</param>
    /// <param name="most">How many at most.</param>
    public Task<IReadOnlyList<Session>> EndAsync(Act act, long record, int most) =>
        database.QueryAsync<Session>(
            $"""
            WITH due AS (
                SELECT listening_key FROM sessions WHERE ended_at IS NULL AND {SessionsOf(act.TargetKind)}
                ORDER BY listening_key LIMIT @most
                FOR UPDATE
            ), ended AS (
                UPDATE sessions SET ended_at = now() FROM due WHERE sessions.listening_key = due.listening_key
                RETURNING sessions.*
            ), forgotten AS (
                DELETE FROM gone_sessions WHERE {GoneOf(act.TargetKind)}
            ), counted AS (
                UPDATE audit_log SET sessions = sessions + (SELECT count(*) FROM ended) WHERE id = @record
            ){whenEnded}
            SELECT {SessionStore.Columns}, {SessionChanges.Announce("ended")} FROM ended
            """,
            new
            {
                act.Target,
                record,
                most,
            }
        );

    /// <summary>Blocks the user, and writes the act down.</summary>
    /// <remarks>A connect of the user has either opened its session before, or finds the block.</remarks>
    /// <returns>The record's id.</returns>
    public async Task<long> BlockAsync(Act act)
    {
        await using var connection = await database.OpenConnectionAsync();
        await using var results = await Dapper.SqlMapper.QueryMultipleAsync(
            connection,
            $"""
            SELECT count(pg_advisory_xact_lock(hashtextextended(@Target, {AdvisoryLocks.ConnectingUser})));

            WITH blocked AS (
                INSERT INTO blocks (user_id, until, reason, blocked_by) VALUES (@Target, @Until, @Reason, @By)
                ON CONFLICT (user_id) DO UPDATE SET
                    (until, reason, blocked_by, blocked_at) = (excluded.until, excluded.reason, excluded.blocked_by, now())
            )
            {Audit} RETURNING id;
            """,
            Parameters(act)
        );
        await results.ReadAsync();
        return await results.ReadSingleAsync<long>();
    }

    /// <summary>Lets a user connect again, and writes the act down.</summary>
    /// <returns>Whether it was blocked.</returns>
    public async Task<bool> UnblockAsync(Act act) =>
        await database.ExecuteAsync(
            $"""
            WITH gone AS (DELETE FROM blocks WHERE user_id = @Target AND until > now() RETURNING user_id)
            {Audit} FROM gone
            """,
            Parameters(act)
        ) > 0;

    /// <summary>Lists the users who may not connect.</summary>
    /// <param name="after">Only those behind this one.</param>
    public Task<IReadOnlyList<Block>> ListBlocksAsync(string after, int most) =>
        database.QueryAsync<Block>(
            """
            SELECT user_id AS UserId, until AS Until, reason AS Reason, blocked_by AS By, blocked_at AS BlockedAt
            FROM blocks WHERE user_id > @after AND until > now()
            ORDER BY user_id LIMIT @most
            """,
            new { after, most }
        );

    /// <summary>Reads the newest records.</summary>
    /// <param name="before">Only those older than the one with this id; null for the newest.</param>
    public Task<IReadOnlyList<AuditEntry>> ReadAuditAsync(long? before, int most) =>
        database.QueryAsync<AuditEntry>(
            """
            SELECT id AS Id, at AS At, act AS Act, done_by AS By, host(address) AS Address, target_kind AS TargetKind,
                   target AS Target, until AS Until, sessions AS Sessions, reason AS Reason
            FROM audit_log WHERE @before::bigint IS NULL OR id < @before
            ORDER BY id DESC LIMIT @most
            """,
            new { before, most }
        );

    /// <summary>Takes the user out of the audit log, which goes on to say that something was done. A block stays until it is over.</summary>
    public Task EraseAsync(string userId) =>
        database.ExecuteAsync(
            $"""
            UPDATE audit_log SET target = '{Act.Erased}', reason = NULL
            WHERE target_kind = '{nameof(TargetKind.User)}' AND target = @userId
            """,
            new { userId }
        );

    /// <summary>Deletes blocks that are over, and records that are older than this.</summary>
    public Task PruneAsync(TimeSpan keep) =>
        database.ExecuteAsync(
            """
            WITH over AS (DELETE FROM blocks WHERE until < now())
            DELETE FROM audit_log WHERE at < now() - @keep
            """,
            new { keep }
        );

    private static string SessionsOf(TargetKind kind) =>
        kind switch
        {
            // A successor that is about to take over goes with it.
            TargetKind.Session => "(listening_key = @Target OR known_as = @Target OR predecessor = @Target)",
            TargetKind.User => "user_id = @Target",
            TargetKind.Address => "address <<= @Target::inet AND NOT by_application",
            _ => "node = @Target",
        };

    private static string GoneOf(TargetKind kind) =>
        kind switch
        {
            TargetKind.Session => "(listening_key = @Target OR known_as = @Target)",
            TargetKind.User => "user_id = @Target",
            // Those that have gone are at no address and no node any more.
            _ => "false",
        };

    private static object Parameters(Act act) =>
        new
        {
            Act = act.Kind.ToString(),
            act.By,
            act.Address,
            TargetKind = act.TargetKind.ToString(),
            act.Target,
            act.Until,
            act.Reason,
        };
}

/// <summary>Keeps blocked users from opening sessions.</summary>
internal sealed class BlockedUsers : ISessionStatements
{
    public string BlockedUntil(string userId) =>
        $"(SELECT until FROM blocks WHERE blocks.user_id = {userId} AND until > now())";
}
