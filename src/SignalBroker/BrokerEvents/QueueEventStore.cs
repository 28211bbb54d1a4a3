using System.Net;
using Dapper;
using Npgsql;
using SignalBroker.Inbox;
using SignalBroker.Presence;
using SignalBroker.Sessions;
using SignalBroker.Users;

namespace SignalBroker.BrokerEvents;

/// <summary>A session that the sweep has to look at.</summary>
internal sealed record DueSession
{
    /// <summary>The node that holds the session's queue.</summary>
    public required string Node { get; init; }

    public required string ListeningKey { get; init; }

    public required string UserId { get; init; }

    /// <summary>The address that it was opened from.</summary>
    public required IPAddress Address { get; init; }

    /// <summary>Whether it was ended on purpose.</summary>
    public bool Ended { get; init; }
}

/// <summary>What the events of some queues have led to.</summary>
/// <param name="Orphans">The created queues that belong to no session.</param>
/// <param name="Waiting">The acked sessions whose users have stored signals.</param>
/// <param name="AckDelays">How long the acked sessions were logged in before, in seconds.</param>
internal sealed record Applied(
    IReadOnlyList<string> Orphans,
    IReadOnlyList<string> Waiting,
    IReadOnlyList<double> AckDelays
);

/// <summary>The SQL statements that make the sessions agree with the nodes' queues.</summary>
internal sealed class QueueEventStore(NpgsqlDataSource database, IOptions<InboxOptions> inbox)
{
    // Said in a way that no index serves: the keys find the rows, and not all that the node has.
    private const string OnNode = "sessions.node || '' = @node";
    private const string Unacked = "coalesce(sessions.acked_at, '-infinity') = '-infinity'";

    private const string AckDelays =
        "ARRAY(SELECT extract(epoch FROM now() - admitted_at)::float8 FROM acked WHERE admitted_at IS NOT NULL)";

    private static readonly string ToldDue = $"""
        SELECT node AS Node, listening_key AS ListeningKey, user_id AS UserId, address AS Address,
               ended_at IS NOT NULL AS Ended,
               {SessionChanges.Announce("gone")}
        FROM gone
        """;

    /// <summary>Acks the sessions whose queue was created, and deletes those whose queue was deleted.</summary>
    /// <remarks>Repeated and late events change no row, because a listening key is used for one queue only.</remarks>
    public async Task<Applied> ApplyAsync(string node, string[] created, string[] deleted)
    {
        await using var connection = await database.OpenConnectionAsync();
        var (orphans, waiting, delays, _, _, _) = await connection.QuerySingleAsync<(
            string[],
            string[],
            double[],
            long,
            long,
            long
        )>(
            $"""
            WITH acked AS (
                UPDATE sessions SET acked_at = now()
                FROM unnest(@created) AS created(key)
                WHERE listening_key = created.key AND {OnNode} AND {Unacked} AND created.key <> ALL(@deleted)
                RETURNING listening_key, user_id, device, predecessor, admitted_at
            ), {Successions.End("acked")}, {PresenceChanges.Succeeded}, gone AS (
                DELETE FROM sessions USING unnest(@deleted) AS deleted(key)
                WHERE listening_key = deleted.key AND {OnNode}
                RETURNING sessions.*
            ), {Successions.RememberGone("gone")}, came AS (
                SELECT user_id, device FROM acked
                -- It has listened, however briefly.
                UNION ALL SELECT user_id, device FROM gone WHERE acked_at IS NULL
            ), known AS (
                {UserStore.Register("came")}
            ), {Devices.Remember("came")}, {PresenceChanges.AckedAndDeleted("acked", "gone")}
            SELECT ARRAY(
                SELECT created.key FROM unnest(@created) AS created(key)
                WHERE created.key <> ALL(@deleted)
                  AND NOT EXISTS (SELECT FROM sessions WHERE listening_key = created.key AND {OnNode})
            ), {DeliveryStore.SelectWaiting("acked")}, {AckDelays}, {SessionChanges.Announce("gone")},
            {SessionChanges.Announce("succeeded")}, {Successions.Announce}
            """,
            new
            {
                node,
                created,
                deleted,
                inbox.Value.MaxDevices,
            }
        );
        return new(orphans, waiting, delays);
    }

    /// <summary>The database's clock, by which a listing of queues is judged.</summary>
    public async Task<DateTime> NowAsync()
    {
        await using var connection = await database.OpenConnectionAsync();
        return await connection.QuerySingleAsync<DateTime>("SELECT now()");
    }

    /// <summary>Deletes the overdue and the ended sessions that never had a socket. They have no queue, so no node has to be asked.</summary>
    /// <returns>The deleted sessions.</returns>
    public async Task<IReadOnlyList<DueSession>> ExpireUnadmittedAsync()
    {
        await using var connection = await database.OpenConnectionAsync();
        var expired = await connection.QueryAsync<DueSession>(
            $"""
            WITH gone AS (
                DELETE FROM sessions
                WHERE acked_at IS NULL AND admitted_at IS NULL AND (ack_by < now() OR ended_at IS NOT NULL)
                RETURNING *
            )
            {ToldDue}
            """
        );
        return expired.AsList();
    }

    /// <summary>The nodes of sessions that have waited for their listener, their ack or their end for too long.</summary>
    /// <param name="interval">
    /// How often they are looked for. An ack that no event has brought is to come before the session expires, because a session
    /// that has expired without one proves nothing; and not much earlier, because a listing is dear and anybody can have
    /// sessions that never listen.
    /// </param>
    public async Task<IReadOnlyList<string>> FindDueNodesAsync(TimeSpan interval)
    {
        await using var connection = await database.OpenConnectionAsync();
        var nodes = await connection.QueryAsync<string>(
            """
            SELECT node FROM sessions
            WHERE acked_at IS NULL AND ack_by < now() + 2 * @interval AND (admitted_at IS NOT NULL OR ack_by < now())
            UNION
            SELECT node FROM sessions WHERE ended_at < now() - greatest(@interval, @ClosesWithin)
            """,
            new { interval, SessionCloser.ClosesWithin }
        );
        return nodes.AsList();
    }

    /// <summary>Acks the sessions whose queue is in a listing, although no event has told so.</summary>
    /// <param name="queues">The keys of the queues in the listing that are as agreed.</param>
    /// <returns>How long they were logged in before, in seconds.</returns>
    public async Task<IReadOnlyList<double>> AckListedAsync(string node, string[] queues)
    {
        await using var connection = await database.OpenConnectionAsync();
        var (delays, _, _) = await connection.QuerySingleAsync<(double[], long, long)>(
            $"""
            WITH acked AS (
                UPDATE sessions SET acked_at = now()
                FROM unnest(@queues) AS queue(key)
                WHERE node = @node AND acked_at IS NULL AND ended_at IS NULL AND listening_key = queue.key
                RETURNING listening_key, user_id, device, predecessor, admitted_at
            ), {Successions.End("acked")}, {PresenceChanges.Succeeded}, known AS (
                {UserStore.Register("acked")}
            ), {Devices.Remember("acked")}, {PresenceChanges.Acked("acked")}
            SELECT {AckDelays}, {SessionChanges.Announce("succeeded")}, {Successions.Announce}
            """,
            new
            {
                node,
                queues,
                inbox.Value.MaxDevices,
            }
        );
        return delays;
    }

    /// <summary>Deletes the overdue and the ended sessions without an ack whose queue is not in a listing.</summary>
    /// <param name="queues">The keys of all queues in the listing.</param>
    /// <param name="before">When the listing began; it says nothing about what came later.</param>
    /// <returns>The deleted sessions. They were logged in, and still may be.</returns>
    public Task<IReadOnlyList<DueSession>> ExpireUnackedAsync(string node, string[] queues, DateTime before) =>
        DeleteAsync("acked_at IS NULL AND (ack_by < @before OR ended_at < @before)", node, queues, before);

    /// <summary>Deletes the acked sessions whose queue is not in a listing.</summary>
    /// <inheritdoc cref="ExpireUnackedAsync" path="/param" />
    /// <returns>The deleted sessions.</returns>
    public Task<IReadOnlyList<DueSession>> DeleteWithoutQueueAsync(string node, string[] queues, DateTime before) =>
        DeleteAsync("acked_at < @before", node, queues, before);

    /// <summary>The queues of a listing that belong to no session, and the sessions that ended a while ago and still have one.</summary>
    public async Task<(IReadOnlyList<string> Orphans, IReadOnlyList<Session> Ended)> FindToCloseAsync(
        string node,
        string[] queues
    )
    {
        await using var connection = await database.OpenConnectionAsync();
        await using var results = await connection.QueryMultipleAsync(
            $"""
            SELECT queue.key FROM unnest(@queues) AS queue(key)
            WHERE NOT EXISTS (SELECT FROM sessions WHERE listening_key = queue.key AND {OnNode});

            SELECT {SessionStore.Columns} FROM sessions JOIN unnest(@queues) AS queue(key) ON listening_key = queue.key
            WHERE node = @node AND ended_at < now() - @ClosesWithin;
            """,
            new
            {
                node,
                queues,
                SessionCloser.ClosesWithin,
            }
        );
        return ((await results.ReadAsync<string>()).AsList(), (await results.ReadAsync<Session>()).AsList());
    }

    /// <summary>The logins of a listing that belong to no session.</summary>
    public async Task<IReadOnlyList<string>> FindUnknownAsync(IReadOnlyList<string> logins)
    {
        await using var connection = await database.OpenConnectionAsync();
        var strangers = await connection.QueryAsync<string>(
            """
            SELECT login.key FROM unnest(@logins) AS login(key)
            WHERE NOT EXISTS (SELECT FROM sessions WHERE listening_key = login.key)
            """,
            new { logins = logins.ToArray() }
        );
        return strangers.AsList();
    }

    /// <summary>Ends a session, so that nothing reaches it while its connection is being closed.</summary>
    /// <returns>Whose session it is, and the address whose budgets it uses up; nobody's when there is none.</returns>
    public async Task<(string? UserId, IPAddress? Address)> EndAsync(string node, string listeningKey)
    {
        await using var connection = await database.OpenConnectionAsync();
        return await connection.QuerySingleOrDefaultAsync<(string?, IPAddress?)>(
            $"""
            WITH ended AS (
                UPDATE sessions SET ended_at = coalesce(ended_at, now())
                WHERE listening_key = @listeningKey AND node = @node
                RETURNING listening_key, user_id, known_as, node, acked_at,
                          CASE WHEN NOT by_application THEN address END AS address
            ), {PresenceChanges.Ended("ended")}
            SELECT user_id, address, {SessionChanges.Announce("ended")} FROM ended
            """,
            new { node, listeningKey }
        );
    }

    private async Task<IReadOnlyList<DueSession>> DeleteAsync(
        string condition,
        string node,
        string[] queues,
        DateTime before
    )
    {
        await using var connection = await database.OpenConnectionAsync();
        var deleted = await connection.QueryAsync<DueSession>(
            $"""
            WITH gone AS (
                DELETE FROM sessions
                -- Not a join: this is hashed, however few queues the plan was made for.
                WHERE node = @node AND {condition} AND listening_key NOT IN (SELECT unnest(@queues))
                RETURNING *
            ), {Successions.RememberGone("gone")}, {PresenceChanges.Deleted("gone")}
            {ToldDue}
            """,
            new
            {
                node,
                queues,
                before,
            }
        );
        return deleted.AsList();
    }
}
