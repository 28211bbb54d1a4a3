using Dapper;
using Npgsql;
using SignalBroker.Sessions;

namespace SignalBroker.Inbox;

/// <summary>What a deliverer has to publish to one session.</summary>
/// <param name="Session">The session; null when it does not listen any more, or another deliverer is at it.</param>
/// <param name="LastSequence">The newest entry that there was, a moment before the entries were read.</param>
/// <param name="Entries">The next ones that the session has not got, in their order.</param>
public sealed record Delivery(Session? Session, long LastSequence, IReadOnlyList<Entry> Entries);

/// <summary>A session of a user, and whether it waits for stored signals.</summary>
/// <param name="Session">The session.</param>
/// <param name="IsBehind">Whether there are stored signals that are not in its queue yet.</param>
public sealed record Recipient(Session Session, bool IsBehind);

/// <summary>The SQL statements that hand stored signals to sessions.</summary>
public sealed class DeliveryStore(NpgsqlDataSource database)
{
    /// <summary>How many entries are read at a time.</summary>
    public const int LargestRead = 64;

    // Apart from the other advisory locks.
    private const int LockSpace = 6;

    private static readonly string IsBehind = $"""
        EXISTS (
            SELECT FROM inbox_entries AS entry
            WHERE entry.user_id = sessions.user_id AND entry.sequence > sessions.published_through
              AND {Entry.WaitsFor("sessions.device")}
        )
        """;

    /// <summary>
    /// A part of a statement: an array of the listening keys in <paramref name="acked"/>, a named subquery with the
    /// columns <c>listening_key</c> and <c>user_id</c>, whose users have stored signals.
    /// </summary>
    public static string SelectWaiting(string acked) =>
            // Not a join: each inbox is looked up, however few there were when the plan was made.
            $"""
            ARRAY(
                SELECT listening_key FROM {acked}
                WHERE (SELECT has_entries FROM inboxes WHERE inboxes.user_id = {acked}.user_id)
            )
            """;

    /// <summary>Opens a transaction in which nobody else delivers to the session, and reads what it has not got.</summary>
    public static async Task<Delivery> BeginAsync(NpgsqlConnection connection, string listeningKey)
    {
        await using var read = await connection.QueryMultipleAsync(
            $"""
            SELECT pg_try_advisory_xact_lock(hashtextextended(@listeningKey, {LockSpace}));

            SELECT {SessionStore.Columns} FROM sessions
            WHERE listening_key = @listeningKey AND acked_at IS NOT NULL AND ended_at IS NULL;

            SELECT last_sequence FROM sessions JOIN inboxes USING (user_id) WHERE listening_key = @listeningKey;

            SELECT {Entry.Columns} FROM sessions JOIN inbox_entries AS entry USING (user_id)
            WHERE listening_key = @listeningKey AND entry.sequence > published_through
              AND {Entry.WaitsFor("sessions.device")}
            ORDER BY entry.sequence LIMIT {LargestRead};
            """,
            new { listeningKey }
        );
        var isMine = await read.ReadSingleAsync<bool>();
        var session = await read.ReadSingleOrDefaultAsync<Session>();
        var lastSequence = await read.ReadSingleOrDefaultAsync<long>();
        var entries = (await read.ReadAsync<Entry>()).AsList();
        return new(isMine ? session : null, lastSequence, entries);
    }

    /// <summary>Writes down up to where the session's queue has the user's entries.</summary>
    public static Task AdvanceAsync(NpgsqlConnection connection, string listeningKey, long publishedThrough) =>
        connection.ExecuteAsync(
            """
            UPDATE sessions SET published_through = @publishedThrough
            WHERE listening_key = @listeningKey AND published_through < @publishedThrough
            """,
            new { listeningKey, publishedThrough }
        );

    /// <summary>Whether there are stored signals that are not in the session's queue.</summary>
    public static Task<bool> IsBehindAsync(NpgsqlConnection connection, string listeningKey) =>
        connection.QuerySingleAsync<bool>(
            $"""
            SELECT EXISTS (
                SELECT FROM sessions
                WHERE listening_key = @listeningKey AND acked_at IS NOT NULL AND ended_at IS NULL AND {IsBehind}
            )
            """,
            new { listeningKey }
        );

    /// <summary>The users' sessions that listen or are about to, in the connection's transaction; each user's next to each other.</summary>
    public static async Task<IReadOnlyList<Recipient>> FindRecipientsAsync(
        NpgsqlConnection connection,
        string[] userIds,
        string? device
    )
    {
        var found = await connection.QueryAsync<Session, bool, Recipient>(
            $"""
            SELECT {SessionStore.Columns}, {IsBehind} AS IsBehind FROM sessions
            WHERE user_id = ANY(@userIds) AND ended_at IS NULL AND admitted_at IS NOT NULL
              AND (@device::text IS NULL OR device = @device)
            ORDER BY user_id
            """,
            (session, isBehind) => new(session, isBehind),
            new { userIds, device },
            splitOn: "IsBehind"
        );
        return found.AsList();
    }

    /// <summary>The listening sessions of these nodes that are behind, for whatever reason.</summary>
    public async Task<IReadOnlyList<string>> FindBehindAsync(string[] nodes)
    {
        await using var connection = await database.OpenConnectionAsync();
        var behind = await connection.QueryAsync<string>(
            """
            SELECT listening_key FROM inboxes JOIN sessions USING (user_id)
            WHERE has_entries AND acked_at IS NOT NULL AND ended_at IS NULL AND published_through < last_sequence
              AND node = ANY(@nodes)
            """,
            new { nodes }
        );
        return behind.AsList();
    }
}
