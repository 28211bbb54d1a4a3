using Dapper;
using Npgsql;

namespace SignalBroker.Sessions;

/// <summary>The SQL statements by which sessions open.</summary>
internal sealed class OpeningStore(NpgsqlDataSource database, IEnumerable<ISessionStatements> others)
{
    private readonly string whenEnded = others.Parts(other => other.Ended("ended"));
    private readonly string blockedUntil = string.Concat(
        others.Select(other => ", " + other.BlockedUntil("wanted.user_id"))
    );

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
            SELECT {SessionStore.Columns}, {SessionChanges.Announce("ended")} FROM ended;

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
                ) AS is_new, greatest(NULL::timestamptz{blockedUntil}) AS blocked_until
                FROM unnest(@keys, @passcodes, @users, @devices, @nodes, @addresses, @originals, @applications, @mayBeNew,
                            @lines, @predecessors, @names, @inPlace)
                    WITH ORDINALITY AS wanted(listening_key, passcode_sha256, user_id, device, node, address,
                                              original_client, by_application, may_be_new, line_sha256, predecessor,
                                              known_as, in_place, number)
            ), judged AS (
                -- A successor counts in the place of its predecessor.
                SELECT *, is_new AND NOT may_be_new AS is_one_too_many, @MaxPerAddress > 0 AND NOT by_application
                    AND NOT in_place AND row_number() OVER (
                        PARTITION BY address, user_full, by_application, is_new AND NOT may_be_new, in_place, blocked_until IS NULL
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
                FROM judged WHERE NOT user_full AND NOT address_full AND NOT is_one_too_many AND blocked_until IS NULL
                RETURNING listening_key, user_id, known_as, ack_by
            )
            SELECT user_full, address_full, is_new, opened.ack_by, blocked_until, {SessionChanges.Announce("opened")}
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
        var openings = await results.ReadAsync<(
            bool UserFull,
            bool AddressFull,
            bool IsNew,
            DateTime? AckBy,
            DateTime? BlockedUntil,
            long
        )>();
        return
        [
            .. openings.Zip(
                sessions,
                (opening, session) =>
                    opening switch
                    {
                        { AckBy: { } ackBy } => new Opening.Opened(ackBy, [.. replaced[session.UserId]], opening.IsNew),
                        { BlockedUntil: { } until } => new Opening.UserBlocked(until),
                        { UserFull: true } => new Opening.UserFull(),
                        { AddressFull: true } => (Opening)new Opening.AddressFull(),
                        _ => new Opening.TooManyNew(),
                    }
            ),
        ];

        T[] Column<T>(Func<NewSession, T> value) => [.. sessions.Select(value)];
    }
}
