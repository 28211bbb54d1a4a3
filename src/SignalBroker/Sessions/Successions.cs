using System.Globalization;

namespace SignalBroker.Sessions;

/// <summary>A session that another one takes over from: on another node, or after its socket was lost.</summary>
/// <param name="KnownAs">The name under which others know it, which its successor keeps.</param>
/// <param name="Node">The node that its queue is on; null if it is gone.</param>
/// <param name="IsThere">Whether its client still listens; otherwise it is remembered for a while.</param>
internal sealed record Predecessor(
    string ListeningKey,
    string KnownAs,
    string UserId,
    string? Device,
    string? Node,
    bool ByApplication,
    bool IsThere
);

/// <summary>A session that has just been succeeded, as PostgreSQL announces it.</summary>
/// <param name="Listeners">How many webapps heard of changes at that moment.</param>
internal readonly record struct Succeeded(
    string UserId,
    string ListeningKey,
    string Node,
    ListeningProtocol Protocol,
    int Listeners
)
{
    /// <summary>Reads one line of an announcement.</summary>
    public static Succeeded Parse(string line) =>
        line.Split(' ') is [var user, var key, var node, var protocol, var listeners]
            ? new(
                user,
                key,
                node,
                Enum.Parse<ListeningProtocol>(protocol, ignoreCase: true),
                int.Parse(listeners, CultureInfo.InvariantCulture)
            )
            : throw new FormatException($"'{line}' announces no succession.");
}

/// <summary>The parts of statements by which sessions take over from others.</summary>
/// <remarks>
/// Signals go to the predecessor until the broker has said that the successor listens. The statement that acks it ends the
/// predecessor, whose socket stays open: what is in its queue is still to be read.
/// </remarks>
internal static class Successions
{
    /// <summary>Where it is announced that a session has been succeeded.</summary>
    public const string Channel = "successions";

    /// <summary>The name under which a webapp's connection that hears announcements is known to PostgreSQL.</summary>
    public const string ListenerName = "SignalBroker changes";

    /// <summary>An SQL condition: there is no session from which this one is only about to take over.</summary>
    public const string CountsByItself = """
        (sessions.predecessor IS NULL OR sessions.acked_at IS NOT NULL OR NOT EXISTS (
            SELECT FROM sessions AS old WHERE old.listening_key = sessions.predecessor AND old.ended_at IS NULL
        ))
        """;

    /// <summary>Named subqueries that end the predecessors of sessions that were acked: <c>succeeded</c>, and <c>resumed</c> for those that had gone.</summary>
    /// <param name="acked">A named subquery with the columns <c>listening_key</c> and <c>predecessor</c>.</param>
    public static string End(string acked) =>
        $"""
            succeeded AS (
                UPDATE sessions SET ended_at = coalesce(sessions.ended_at, now()) FROM {acked}
                WHERE sessions.listening_key = {acked}.predecessor
                RETURNING sessions.listening_key, sessions.user_id, sessions.known_as, sessions.node, sessions.protocol,
                          {acked}.listening_key AS successor
            ), resumed AS (
                DELETE FROM gone_sessions USING {acked}
                WHERE gone_sessions.listening_key = {acked}.predecessor
                RETURNING gone_sessions.watched, {acked}.listening_key AS successor
            )
            """;

    /// <summary>An SQL expression that announces the rows of <c>succeeded</c>, a line each.</summary>
    public const string Announce = $"""
        (SELECT count(pg_notify('{Channel}', concat_ws(' ', user_id, listening_key, node, coalesce(protocol, 'stomp'), (
            SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND application_name = '{ListenerName}'
        )))) FROM succeeded) AS announced_successions
        """;

    /// <summary>A named subquery that remembers sessions that were deleted, because others may take over from them.</summary>
    /// <param name="deleted">A named subquery with all columns of <c>sessions</c>.</param>
    public static string RememberGone(string deleted) =>
        Remember(deleted, $"{deleted}.acked_at IS NOT NULL AND {deleted}.ended_at IS NULL");

    /// <summary>A named subquery that remembers sessions, because others may take over from them.</summary>
    /// <param name="sessions">A named subquery with all columns of <c>sessions</c>.</param>
    /// <param name="condition">Which of them.</param>
    public static string Remember(string sessions, string condition) =>
        $"""
            remembered AS (
                INSERT INTO gone_sessions (listening_key, passcode_sha256, user_id, device, by_application, known_as, watched)
                SELECT listening_key, passcode_sha256, user_id, device, by_application, coalesce(known_as, listening_key),
                       ARRAY(
                           SELECT watched.user_id FROM presence_subscriptions AS watched
                           WHERE watched.listening_key = {sessions}.listening_key
                       )
                FROM {sessions} WHERE {condition} AND NOT original_client
                ON CONFLICT DO NOTHING
            )
            """;
}
