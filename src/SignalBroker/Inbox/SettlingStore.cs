using Dapper;
using Npgsql;
using SignalBroker.Sessions;

namespace SignalBroker.Inbox;

/// <summary>The result of settling.</summary>
/// <param name="Settled">How many entries the device has settled now.</param>
/// <param name="SettledThrough">The device has nothing left to settle up to this sequence.</param>
/// <param name="Receipts">How many receipts are due now.</param>
internal sealed record Settling(int Settled, long SettledThrough, int Receipts);

/// <summary>The SQL statements that remove entries from inboxes.</summary>
/// <remarks>
/// An entry is removed when the one device that it is for, or every named device of the user, has settled it. Sessions
/// without a device count as one device, which matters only for users without named devices.
/// </remarks>
internal sealed class SettlingStore(NpgsqlDataSource database, IOptions<InboxOptions> options)
{
    private const int MaxExpired = 100;
    private const int MaxForgotten = 20_000;

    // The requested entries that the device has not settled yet.
    private const string Picked = """
        entry.user_id = @userId AND (entry.device IS NULL OR entry.device = @device)
        AND (entry.sequence <= @upTo OR entry.sequence = ANY(@sequences) OR entry.id = ANY(@ids))
        AND NOT @device = ANY(entry.settled_by)
        """;

    /// <summary>Settles entries for the session's device.</summary>
    public async Task<Settling> SettleAsync(Session session, SettleRequest request)
    {
        await using var connection = await database.OpenConnectionAsync();

        // One round trip and one transaction; every statement sees what was committed before the inbox was locked.
        await using var read = await connection.QueryMultipleAsync(
            $"""
            SELECT user_id FROM inboxes WHERE user_id = @userId FOR UPDATE;

            DELETE FROM inbox_devices AS known USING (
                SELECT device FROM inbox_devices WHERE user_id = @userId AND device NOT IN (@device, '')
                ORDER BY last_seen DESC OFFSET @MaxDevices - 1
            ) AS excess
            WHERE known.user_id = @userId AND known.device = excess.device AND NOT EXISTS (
                SELECT FROM sessions
                WHERE user_id = @userId AND sessions.device = known.device AND ended_at IS NULL
            );

            WITH told AS (
                INSERT INTO inbox_receipts (sender, id, delivered, user_id, device, session, room, member)
                SELECT receipt_to, id, true, user_id, nullif(@device, ''), @session, room, member
                FROM inbox_entries AS entry WHERE {Picked} AND receipt_to IS NOT NULL
                RETURNING 1
            )
            SELECT count(*)::int FROM told;

            WITH gone AS (
                DELETE FROM inbox_entries AS entry
                WHERE {Picked} AND (entry.device IS NOT NULL OR NOT EXISTS (
                    SELECT FROM (
                        SELECT device FROM inbox_devices WHERE user_id = @userId
                        -- A device that is about to listen for the first time is not among them yet.
                        UNION ALL
                        SELECT device FROM sessions WHERE user_id = @userId AND device IS NOT NULL AND ended_at IS NULL
                    ) AS other
                    WHERE other.device NOT IN (@device, '') AND NOT other.device = ANY(entry.settled_by)
                ))
                RETURNING length(envelope) AS size
            ), total AS (
                SELECT count(*)::int AS entries, coalesce(sum(size), 0)::bigint AS bytes FROM gone
            ), reckoned AS (
                UPDATE inboxes SET entries = inboxes.entries - total.entries, bytes = inboxes.bytes - total.bytes
                FROM total WHERE user_id = @userId AND total.entries > 0
            )
            SELECT entries FROM total;

            WITH kept AS (
                UPDATE inbox_entries AS entry SET settled_by = settled_by || @device, receipt_to = NULL WHERE {Picked}
                RETURNING 1
            )
            SELECT count(*)::int FROM kept;

            INSERT INTO inbox_devices (user_id, device, settled_through)
            SELECT @userId, @device, coalesce(
                (
                    SELECT min(sequence) - 1 FROM inbox_entries AS entry
                    WHERE user_id = @userId AND (entry.device IS NULL OR entry.device = @device)
                      AND NOT @device = ANY(settled_by)
                ),
                (SELECT last_sequence FROM inboxes WHERE user_id = @userId),
                0
            )
            ON CONFLICT (user_id, device) DO UPDATE
            SET settled_through = greatest(inbox_devices.settled_through, excluded.settled_through), last_seen = now()
            RETURNING settled_through;
            """,
            new
            {
                userId = session.UserId,
                device = session.Device ?? "",
                session = session.OriginalClient ? null : session.KnownAs,
                upTo = request.UpTo ?? 0,
                sequences = request.Sequences,
                ids = request.Ids,
                options.Value.MaxDevices,
            }
        );
        await read.ReadAsync<string>();
        var receipts = await read.ReadSingleAsync<int>();
        var removed = await read.ReadSingleAsync<int>();
        var kept = await read.ReadSingleAsync<int>();
        return new(removed + kept, await read.ReadSingleAsync<long>(), receipts);
    }

    /// <summary>Removes expired entries from inboxes that are not locked.</summary>
    /// <returns>How many there were.</returns>
    public async Task<int> ExpireAsync()
    {
        await using var connection = await database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        var users = await connection.QueryAsync<string>(
            """
            SELECT user_id FROM inboxes WHERE user_id IN (
                SELECT user_id FROM inbox_entries WHERE expires_at <= now() ORDER BY expires_at LIMIT @MaxExpired
            )
            ORDER BY user_id FOR UPDATE SKIP LOCKED
            """,
            new { MaxExpired }
        );
        var expired = await ExpireAsync(connection, users.ToArray());
        await RemoveUnclaimedAsync(connection, users.ToArray());
        await transaction.CommitAsync();
        return expired;
    }

    // Nobody has ever read these inboxes, so nobody can miss what was there.
    private static Task<int> RemoveUnclaimedAsync(NpgsqlConnection connection, string[] users) =>
        connection.ExecuteAsync(
            """
            DELETE FROM inboxes
            WHERE user_id = ANY(@users) AND entries = 0
              AND NOT EXISTS (SELECT FROM users WHERE users.user_id = inboxes.user_id)
              AND NOT EXISTS (SELECT FROM inbox_devices WHERE inbox_devices.user_id = inboxes.user_id)
              AND NOT EXISTS (SELECT FROM sessions WHERE sessions.user_id = inboxes.user_id)
            """,
            new { users }
        );

    /// <summary>Forgets devices that have been away for too long, and signals that can no longer be repeated.</summary>
    public async Task ForgetAsync()
    {
        await using var connection = await database.OpenConnectionAsync();
        await connection.ExecuteAsync(
            """
            -- In parts: a whole hour's signals could take longer than the statement's time-out.
            DELETE FROM sent_signals WHERE ctid = ANY(ARRAY(
                SELECT ctid FROM sent_signals WHERE sent_at <= now() - @RepeatWindow ORDER BY sent_at LIMIT @MaxForgotten
            ));

            DELETE FROM inbox_devices WHERE ctid = ANY(ARRAY(
                SELECT ctid FROM inbox_devices AS known
                WHERE last_seen < now() - @ForgetDevicesAfter AND NOT EXISTS (
                    SELECT FROM sessions WHERE sessions.user_id = known.user_id AND sessions.device = known.device
                )
                LIMIT @MaxForgotten
            ));
            """,
            new
            {
                options.Value.RepeatWindow,
                options.Value.ForgetDevicesAfter,
                MaxForgotten,
            }
        );
    }

    /// <summary>Removes these users' expired entries; the transaction has locked their inboxes.</summary>
    /// <returns>How many there were.</returns>
    public static async Task<int> ExpireAsync(NpgsqlConnection connection, string[] users)
    {
        if (users.Length == 0)
        {
            return 0;
        }

        return await connection.ExecuteScalarAsync<int>(
            """
            WITH gone AS (
                DELETE FROM inbox_entries WHERE user_id = ANY(@users) AND expires_at <= now()
                RETURNING user_id, sequence, id, device, length(envelope) AS size, receipt_to, room, member
            ), told AS (
                INSERT INTO inbox_receipts (sender, id, delivered, user_id, device, room, member)
                SELECT receipt_to, id, false, user_id, device, room, member FROM gone WHERE receipt_to IS NOT NULL
            ), total AS (
                SELECT user_id, count(*)::int AS entries, sum(size)::bigint AS bytes, max(sequence) AS last
                FROM gone GROUP BY user_id
            ), reckoned AS (
                UPDATE inboxes SET entries = inboxes.entries - total.entries, bytes = inboxes.bytes - total.bytes,
                    lowest_sequence = greatest(lowest_sequence, total.last + 1)
                FROM total WHERE inboxes.user_id = total.user_id
            )
            SELECT coalesce(sum(entries), 0)::int FROM total
            """,
            new { users }
        );
    }
}
