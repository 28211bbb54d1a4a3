using Dapper;
using Npgsql;
using SignalBroker.Sessions;

namespace SignalBroker.Inbox;

/// <summary>What a deliverer has to publish to one session.</summary>
/// <param name="LastSequence">The newest entry's sequence, a moment before the entries were read.</param>
/// <param name="Entries">The next entries that the session lacks, in order.</param>
internal sealed record Delivery(Session Session, long LastSequence, IReadOnlyList<Entry> Entries);

/// <param name="IsBehind">Whether there are stored signals that are not in the session's queue yet.</param>
internal sealed record Recipient(Session Session, bool IsBehind);

/// <summary>The SQL statements that hand stored signals to sessions.</summary>
internal sealed class DeliveryStore(NpgsqlDataSource database)
{
    private static readonly string IsBehind = $"""
        EXISTS (
            SELECT FROM inbox_entries AS entry
            WHERE entry.user_id = sessions.user_id AND entry.sequence > sessions.published_through
              AND {Entry.IsWaitingFor("sessions.device")}
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

    /// <summary>Locks sessions for delivery until the transaction ends, and reads the entries that they lack.</summary>
    /// <param name="listeningKeys">The sessions; those that another deliverer serves are left out.</param>
    /// <param name="most">How many entries to read for each.</param>
    public static async Task<IReadOnlyList<Delivery>> BeginAsync(
        NpgsqlConnection connection,
        string[] listeningKeys,
        int most
    )
    {
        await using var read = await connection.QueryMultipleAsync(
            $"""
            SELECT listening_key FROM unnest(@listeningKeys) AS listening_key
            WHERE pg_try_advisory_xact_lock(hashtextextended(listening_key, {AdvisoryLocks.Delivery}));

            SELECT {SessionStore.Columns}, coalesce(last_sequence, 0) AS LastSequence
            FROM sessions LEFT JOIN inboxes USING (user_id)
            WHERE listening_key = ANY(@listeningKeys) AND acked_at IS NOT NULL AND ended_at IS NULL;

            SELECT {Entry.Columns}, listening_key AS ListeningKey
            FROM sessions, LATERAL (
                SELECT * FROM inbox_entries AS entry
                WHERE entry.user_id = sessions.user_id AND entry.sequence > published_through
                  AND {Entry.IsWaitingFor("sessions.device")}
                ORDER BY entry.sequence LIMIT @most
            ) AS entry
            WHERE listening_key = ANY(@listeningKeys)
            ORDER BY entry.sequence;
            """,
            new { listeningKeys, most }
        );
        var mine = (await read.ReadAsync<string>()).ToHashSet();
        var sessions = read.Read<Session, long, (Session Session, long Last)>(ValueTuple.Create, "LastSequence")
            .AsList();
        var entries = read.Read<Entry, string, (Entry Entry, string Key)>(ValueTuple.Create, "ListeningKey")
            .ToLookup(waiting => waiting.Key, waiting => waiting.Entry);
        return
        [
            .. sessions
                .Where(found => mine.Contains(found.Session.ListeningKey))
                .Select(found => new Delivery(found.Session, found.Last, [.. entries[found.Session.ListeningKey]])),
        ];
    }

    /// <summary>Records up to which sequence the sessions' queues have their users' entries.</summary>
    public static Task AdvanceAsync(
        NpgsqlConnection connection,
        IReadOnlyCollection<(string ListeningKey, long PublishedThrough)> reached
    ) =>
        connection.ExecuteAsync(
            """
            WITH due AS (
                SELECT listening_key FROM sessions WHERE listening_key = ANY(@keys) ORDER BY listening_key FOR UPDATE
            )
            UPDATE sessions SET published_through = reached.sequence
            FROM due JOIN unnest(@keys, @sequences) AS reached(listening_key, sequence) USING (listening_key)
            WHERE sessions.listening_key = due.listening_key AND published_through < reached.sequence
            """,
            new
            {
                keys = reached.Select(session => session.ListeningKey).ToArray(),
                sequences = reached.Select(session => session.PublishedThrough).ToArray(),
            }
        );

    /// <summary>Those of these sessions whose queues lack stored signals.</summary>
    public static async Task<string[]> FindBehindAsync(NpgsqlConnection connection, string[] listeningKeys)
    {
        var behind = await connection.QueryAsync<string>(
            $"""
            SELECT listening_key FROM sessions
            WHERE listening_key = ANY(@listeningKeys) AND acked_at IS NOT NULL AND ended_at IS NULL AND {IsBehind}
            """,
            new { listeningKeys }
        );
        return behind.ToArray();
    }

    /// <summary>The users' sessions that listen or are about to.</summary>
    public async Task<IReadOnlyDictionary<string, Recipient[]>> FindRecipientsAsync(IReadOnlyList<string> userIds)
    {
        await using var connection = await database.OpenConnectionAsync();
        return (await FindRecipientsAsync(connection, [.. userIds])).ToDictionary(own => own.Key, own => own.ToArray());
    }

    /// <summary>The same in the connection's transaction.</summary>
    public static async Task<ILookup<string, Recipient>> FindRecipientsAsync(
        NpgsqlConnection connection,
        string[] userIds
    )
    {
        var found = await connection.QueryAsync<Session, bool, Recipient>(
            $"""
            SELECT {SessionStore.Columns}, {IsBehind} AS IsBehind FROM sessions
            WHERE user_id = ANY(@userIds) AND ended_at IS NULL AND admitted_at IS NOT NULL
            """,
            (session, isBehind) => new(session, isBehind),
            new { userIds },
            splitOn: "IsBehind"
        );
        return found.ToLookup(recipient => recipient.Session.UserId);
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
