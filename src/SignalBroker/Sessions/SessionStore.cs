using System.Net;
using Dapper;
using Npgsql;

namespace SignalBroker.Sessions;

/// <summary>What a new session is made of.</summary>
/// <param name="PasscodeSha256">The hash of its secret.</param>
/// <param name="Device">What the user calls the device, if it has a name.</param>
/// <param name="Node">The node that will hold its queue.</param>
/// <param name="OriginalClient">Whether it is opened in the original project's way.</param>
/// <param name="LineSha256">The hash of what its client's sessions have in common; null if it does not say.</param>
/// <param name="Resumes">Whether its client has listened before.</param>
/// <param name="MayBeNew">Whether its user or device may be one that is not known yet.</param>
/// <param name="Predecessor">The session that it takes over from; null if it does from none.</param>
/// <remarks>
/// Whatever a backend opens with its service key comes from one address, so the address's limits do not hold. Others may be
/// of a user or device that is not known yet, if the address has not had too many of them.
/// </remarks>
internal sealed record NewSession(
    string ListeningKey,
    byte[] PasscodeSha256,
    string UserId,
    string? Device,
    string Node,
    IPAddress Address,
    bool OriginalClient,
    bool ByApplication,
    byte[]? LineSha256,
    bool Resumes,
    bool MayBeNew = true,
    Predecessor? Predecessor = null
);

/// <summary>How an attempt to open a session ended.</summary>
internal abstract record Opening
{
    /// <summary>The session is there and waits for its listener.</summary>
    /// <param name="Replaced">The user's other sessions, which end.</param>
    /// <param name="IsNew">Whether the user or the device has not listened before.</param>
    public sealed record Opened(DateTime AckBy, IReadOnlyList<Session> Replaced, bool IsNew) : Opening;

    /// <summary>The user has as many sessions as allowed.</summary>
    public sealed record UserFull : Opening;

    /// <summary>The address has as many sessions as allowed.</summary>
    public sealed record AddressFull : Opening;

    /// <summary>The user or the device is not known, and from the address as many new ones have come as may in a day.</summary>
    /// <param name="RetryAfter">How long until another one may come.</param>
    public sealed record TooManyNew(TimeSpan? RetryAfter = null) : Opening;
}

/// <summary>What holds for all sessions that are opened at one time.</summary>
/// <param name="MaxPerUser">How many the user may have, the new one included.</param>
/// <param name="MaxPerAddress">How many the address may have, the new one included; 0 for any number.</param>
/// <param name="ReachableNodes">The nodes whose sessions count for the user: those of a lost node can't be ended.</param>
/// <param name="PerUser">Whether sessions of the user end: its client's own, or all of them.</param>
/// <param name="AckWithin">How long the session may wait for its listener.</param>
internal sealed record OpeningLimits(
    int MaxPerUser,
    int MaxPerAddress,
    string[] ReachableNodes,
    SessionsPerUser PerUser,
    TimeSpan AckWithin
);

/// <summary>Every SQL statement of connecting, finding and ending sessions.</summary>
internal sealed class SessionStore(NpgsqlDataSource database, IEnumerable<ISessionStatements> others)
{
    /// <summary>The columns of a <see cref="Session"/>.</summary>
    public const string Columns = """
        listening_key AS ListeningKey, known_as AS KnownAs, predecessor AS Predecessor, user_id AS UserId, device AS Device, node AS Node, protocol AS Protocol,
        passcode_sha256 AS PasscodeSha256, CASE WHEN NOT by_application THEN address END AS Address, original_client AS OriginalClient, admitted_at IS NOT NULL AS Admitted, acked_at IS NOT NULL AS Ack
        """;

    private readonly string whenEnded = string.Concat(others.Select(other => ", " + other.Ended("ended")));
    private readonly string whenGone = string.Concat(others.Select(other => ", " + other.Deleted("gone")));

    /// <summary>Opens sessions, except those whose user or address has too many.</summary>
    /// <param name="sessions">The new sessions, no two of them of one user.</param>
    /// <param name="limits">How many may be open, and for how long they wait.</param>
    /// <returns>How each attempt ended, in the order of the sessions.</returns>
    public async Task<IReadOnlyList<Opening>> OpenAsync(IReadOnlyList<NewSession> sessions, OpeningLimits limits)
    {
        await using var connection = await database.OpenConnectionAsync();

        // One round trip and one transaction. The locks come first, always in one order, so that each later statement
        // sees what the users' other connects have committed.
        await using var results = await connection.QueryMultipleAsync(
            $"""
            SELECT count(pg_advisory_xact_lock(user_lock)) FROM (
                SELECT DISTINCT hashtextextended(user_id, {AdvisoryLocks.ConnectingUser}) AS user_lock FROM unnest(@users) AS user_id ORDER BY 1
            ) AS locks;

            WITH due AS (
                SELECT locked.listening_key
                FROM (
                    -- Of a session's successors, the last one counts.
                    SELECT listening_key FROM sessions
                    WHERE predecessor = ANY(@predecessors) AND acked_at IS NULL AND ended_at IS NULL
                    UNION
                    SELECT unnest(@lost)
                    UNION
                    SELECT open.listening_key
                    FROM unnest(@users, @lines, @resumes, @predecessors)
                        AS wanted(user_id, line_sha256, resumes, predecessor), LATERAL (
                        -- Each user's are looked up, however few there were when the plan was made.
                        SELECT listening_key, line_sha256 FROM sessions
                        WHERE @onePerUser AND user_id = wanted.user_id AND ended_at IS NULL
                          AND listening_key IS DISTINCT FROM wanted.predecessor
                        OFFSET 0
                    ) AS open
                    WHERE open.line_sha256 = wanted.line_sha256
                       -- One without a line may be the client's own, opened through a webapp that knew of none.
                       OR @replacesOthers AND (NOT wanted.resumes OR open.line_sha256 IS NULL)
                    ORDER BY 1
                ) AS found, LATERAL (
                    SELECT listening_key FROM sessions
                    WHERE listening_key = found.listening_key AND ended_at IS NULL
                    FOR UPDATE
                ) AS locked
            ), ended AS (
                UPDATE sessions SET ended_at = now() FROM due WHERE sessions.listening_key = due.listening_key
                RETURNING sessions.*
            ), {Successions.Remember("ended", "ended.listening_key = ANY(@lost)")}{whenEnded}
            SELECT {Columns}, {SessionChanges.Announce("ended")} FROM ended;

            WITH counted AS (
                SELECT wanted.*, (
                    SELECT count(*) FROM sessions
                    WHERE user_id = wanted.user_id AND ended_at IS NULL AND (acked_at IS NOT NULL OR ack_by > now())
                      AND node = ANY(@ReachableNodes) AND {Successions.CountsByItself}
                ) >= @MaxPerUser AND NOT wanted.in_place AS user_full,
                -- Each is looked up, however few there were when the plan was made.
                (SELECT true FROM users WHERE users.user_id = wanted.user_id LIMIT 1) IS NULL OR (
                    wanted.device IS NOT NULL AND (
                        SELECT true FROM inbox_devices AS known
                        WHERE known.user_id = wanted.user_id AND known.device = wanted.device LIMIT 1
                    ) IS NULL
                ) AS is_new
                FROM unnest(@keys, @passcodes, @users, @devices, @nodes, @addresses, @originals, @applications, @mayBeNew,
                            @lines, @predecessors, @names, @inPlace)
                    WITH ORDINALITY AS wanted(listening_key, passcode_sha256, user_id, device, node, address,
                                              original_client, by_application, may_be_new, line_sha256, predecessor,
                                              known_as, in_place, number)
            ), judged AS (
                -- A successor counts in the place of its predecessor.
                SELECT *, is_new AND NOT may_be_new AS is_one_too_many, @MaxPerAddress > 0 AND NOT by_application
                    AND NOT in_place AND row_number() OVER (
                        PARTITION BY address, user_full, by_application, is_new AND NOT may_be_new, in_place
                    ) + (
                    SELECT count(*) FROM (
                        SELECT FROM sessions
                        WHERE address = counted.address AND ended_at IS NULL AND {Successions.CountsByItself}
                        LIMIT @MaxPerAddress
                    ) AS open
                ) > @MaxPerAddress AS address_full
                FROM counted
            ), opened AS (
                INSERT INTO sessions
                    (listening_key, user_id, device, node, passcode_sha256, address, original_client, by_application,
                     line_sha256, predecessor, known_as, ack_by)
                SELECT listening_key, user_id, device, node, passcode_sha256, address, original_client, by_application,
                       line_sha256, predecessor, known_as, now() + @AckWithin
                FROM judged WHERE NOT user_full AND NOT address_full AND NOT is_one_too_many
                RETURNING listening_key, user_id, known_as, ack_by
            )
            SELECT user_full, address_full, is_new, opened.ack_by, {SessionChanges.Announce("opened")}
            FROM judged LEFT JOIN opened USING (listening_key)
            ORDER BY number;
            """,
            new
            {
                keys = Column(session => session.ListeningKey),
                passcodes = Column(session => session.PasscodeSha256),
                users = Column(session => session.UserId),
                devices = Column(session => session.Device),
                nodes = Column(session => session.Node),
                addresses = Column(session => session.Address),
                originals = Column(session => session.OriginalClient),
                applications = Column(session => session.ByApplication),
                mayBeNew = Column(session => session.MayBeNew),
                lines = Column(session => session.LineSha256),
                resumes = Column(session => session.Resumes),
                predecessors = Column(session => session.Predecessor?.ListeningKey),
                names = Column(session => session.Predecessor?.KnownAs),
                lost = Column(session => session.Predecessor is { IsThere: false } lost ? lost.ListeningKey : null),
                inPlace = Column(session => session.Predecessor is { IsThere: true }),
                limits.MaxPerUser,
                limits.MaxPerAddress,
                limits.ReachableNodes,
                onePerUser = limits.PerUser != SessionsPerUser.Many,
                replacesOthers = limits.PerUser == SessionsPerUser.Replace,
                limits.AckWithin,
            }
        );
        await results.ReadAsync();
        var replaced = (await results.ReadAsync<Session>()).ToLookup(session => session.UserId);
        var openings = await results.ReadAsync<(bool UserFull, bool AddressFull, bool IsNew, DateTime? AckBy, long)>();
        return
        [
            .. openings.Zip(
                sessions,
                (opening, session) =>
                    opening switch
                    {
                        { AckBy: { } ackBy } => new Opening.Opened(ackBy, [.. replaced[session.UserId]], opening.IsNew),
                        { UserFull: true } => new Opening.UserFull(),
                        { AddressFull: true } => (Opening)new Opening.AddressFull(),
                        _ => new Opening.TooManyNew(),
                    }
            ),
        ];

        T[] Column<T>(Func<NewSession, T> value) => [.. sessions.Select(value)];
    }

    /// <summary>Finds the sessions with these listening keys, or known under them, that listen or still may begin to.</summary>
    public async Task<IReadOnlyDictionary<string, Session>> FindByKeyAsync(IReadOnlyList<string> listeningKeys)
    {
        await using var connection = await database.OpenConnectionAsync();
        var found = await connection.QueryAsync<Session, string, (Session Session, string Key)>(
            $"""
            SELECT {Columns}, listening_key AS Key FROM sessions
            WHERE listening_key = ANY(@listeningKeys) AND ended_at IS NULL AND (acked_at IS NOT NULL OR ack_by > now())
            UNION ALL
            SELECT {Columns}, known_as FROM sessions
            WHERE known_as = ANY(@listeningKeys) AND ended_at IS NULL AND admitted_at IS NOT NULL
              AND {Successions.CountsByItself}
            UNION ALL
            -- What a session has sent through its socket may be read when it has been succeeded.
            SELECT {Columns}, predecessor FROM sessions
            WHERE predecessor = ANY(@listeningKeys) AND ended_at IS NULL AND admitted_at IS NOT NULL
              AND {Successions.CountsByItself}
            """,
            ValueTuple.Create,
            new { listeningKeys },
            splitOn: "Key"
        );
        return found.DistinctBy(each => each.Key).ToDictionary(each => each.Key, each => each.Session);
    }

    /// <summary>Finds the session that another one takes over from; null if it has ended, or went long ago, or the credential is wrong.</summary>
    /// <param name="within">For how long after it went.</param>
    public async Task<Predecessor?> FindPredecessorAsync(Credential credential, TimeSpan within)
    {
        await using var connection = await database.OpenConnectionAsync();
        return await connection.QueryFirstOrDefaultAsync<Predecessor>(
            """
            SELECT listening_key AS ListeningKey, coalesce(known_as, listening_key) AS KnownAs, user_id AS UserId,
                   device AS Device, node AS Node, by_application AS ByApplication, true AS IsThere
            FROM sessions
            WHERE listening_key = @ListeningKey AND passcode_sha256 = @hash
              AND ended_at IS NULL AND admitted_at IS NOT NULL AND NOT original_client
            UNION ALL
            SELECT listening_key, known_as, user_id, device, NULL, by_application, false
            FROM gone_sessions
            WHERE listening_key = @ListeningKey AND passcode_sha256 = @hash AND gone_at > now() - @within
            """,
            new
            {
                credential.ListeningKey,
                hash = credential.PasscodeHash.ToArray(),
                within,
            }
        );
    }

    /// <summary>Forgets the sessions from which it is too late to take over.</summary>
    public Task ForgetGoneAsync(TimeSpan within) =>
        database.ExecuteAsync("DELETE FROM gone_sessions WHERE gone_at < now() - @within", new { within });

    /// <summary>Finds the sessions of these users that are listening or still may.</summary>
    public async Task<IReadOnlyDictionary<string, Session[]>> FindByUserAsync(IReadOnlyList<string> userIds)
    {
        await using var connection = await database.OpenConnectionAsync();
        var found = await connection.QueryAsync<Session>(
            $"""
            SELECT {Columns} FROM sessions
            WHERE user_id = ANY(@userIds) AND ended_at IS NULL AND (admitted_at IS NOT NULL OR ack_by > now())
              AND {Successions.CountsByItself}
            """,
            new { userIds }
        );
        return found.GroupBy(session => session.UserId).ToDictionary(group => group.Key, group => group.ToArray());
    }

    /// <summary>
    /// Ends a session: from now on nobody can reach it. Its row goes when its queue is gone. Returns null when there
    /// was nothing to end.
    /// </summary>
    public async Task<Session?> EndAsync(Credential credential)
    {
        await using var connection = await database.OpenConnectionAsync();
        return await connection.QuerySingleOrDefaultAsync<Session>(
            $"""
            WITH ended AS (
                UPDATE sessions SET ended_at = now()
                WHERE listening_key = @ListeningKey AND passcode_sha256 = @hash AND ended_at IS NULL
                RETURNING *
            ){whenEnded}
            SELECT {Columns}, {SessionChanges.Announce("ended")} FROM ended
            """,
            new { credential.ListeningKey, hash = credential.PasscodeHash.ToArray() }
        );
    }

    /// <summary>Ends a session without its credential.</summary>
    public async Task EndAsync(string listeningKey)
    {
        await using var connection = await database.OpenConnectionAsync();
        await connection.ExecuteAsync(
            $"""
            WITH ended AS (
                UPDATE sessions SET ended_at = now() WHERE listening_key = @listeningKey AND ended_at IS NULL
                RETURNING *
            ){whenEnded}
            SELECT {SessionChanges.Announce("ended")}
            """,
            new { listeningKey }
        );
    }

    /// <summary>Deletes sessions of which the broker has said that their queue is gone.</summary>
    public async Task DropAsync(IReadOnlyList<string> listeningKeys)
    {
        await using var connection = await database.OpenConnectionAsync();
        await connection.ExecuteAsync(
            $"""
            WITH gone AS (
                DELETE FROM sessions WHERE listening_key = ANY(@listeningKeys) AND acked_at IS NOT NULL RETURNING *
            ), {Successions.RememberGone("gone")}{whenGone}
            SELECT {SessionChanges.Announce("gone")}
            """,
            // Sorted here and in every statement for many rows, so that two of them lock in one order.
            new { listeningKeys = listeningKeys.Order().ToArray() }
        );
    }

    /// <summary>Chooses sessions of a node that are to move, until they have to.</summary>
    /// <param name="most">How many at most.</param>
    /// <param name="within">How long they have.</param>
    /// <param name="waiting">How many may be about to move at a time.</param>
    public Task<IReadOnlyList<Session>> TakeToMoveAsync(string node, int most, TimeSpan within, int waiting) =>
        database.QueryAsync<Session>(
            $"""
            UPDATE sessions SET move_by = now() + @within
            WHERE listening_key IN (
                SELECT listening_key FROM sessions
                WHERE node = @node AND acked_at IS NOT NULL AND ended_at IS NULL AND move_by IS NULL
                ORDER BY acked_at
                LIMIT least(@most, greatest(0, @waiting - (
                    SELECT count(*) FROM sessions
                    WHERE node = @node AND move_by > now() AND ended_at IS NULL
                )))
                FOR UPDATE SKIP LOCKED
            )
            RETURNING {Columns}
            """,
            new
            {
                node,
                most,
                within,
                waiting,
            }
        );

    /// <summary>Ends the sessions that were to move by now and have not.</summary>
    public Task<IReadOnlyList<Session>> EndUnmovedAsync() =>
        database.QueryAsync<Session>(
            $"""
            WITH ended AS (
                UPDATE sessions SET ended_at = now()
                WHERE move_by < now() AND ended_at IS NULL
                RETURNING *
            ){whenEnded}
            SELECT {Columns}, {SessionChanges.Announce("ended")} FROM ended
            """,
            new { }
        );

    /// <summary>Deletes all sessions of a node that never comes back.</summary>
    /// <returns>How many there were.</returns>
    public async Task<int> ForgetNodeAsync(string node)
    {
        await using var connection = await database.OpenConnectionAsync();
        return await connection.QuerySingleAsync<int>(
            $"""
            WITH gone AS (
                DELETE FROM sessions WHERE node = @node RETURNING *
            ){whenGone}
            SELECT count(*)::int, {SessionChanges.Announce("gone")} FROM gone
            """,
            new { node }
        );
    }

    /// <summary>Counts the sessions of each node.</summary>
    public async Task<IReadOnlyDictionary<string, int>> CountByNodeAsync()
    {
        await using var connection = await database.OpenConnectionAsync();
        var counts = await connection.QueryAsync<(string Node, int Sessions)>(
            "SELECT node, count(*)::int FROM sessions GROUP BY node"
        );
        return counts.ToDictionary(count => count.Node, count => count.Sessions);
    }
}
