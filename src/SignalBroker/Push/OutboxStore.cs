using System.Globalization;
using Dapper;
using Microsoft.Extensions.Options;
using Npgsql;
using SignalBroker.Inbox;
using SignalBroker.Nodes;

namespace SignalBroker.Push;

/// <summary>A row of the outbox that this webapp has taken.</summary>
/// <param name="Until">Until when nobody else takes it; also what tells this taking from a later one.</param>
internal sealed record Taken(long Subscription, DateTime Until);

/// <summary>What there is to push to a subscription.</summary>
internal sealed record DuePush
{
    public required string Endpoint { get; init; }

    public required byte[] PublicKey { get; init; }

    public required byte[] Secret { get; init; }

    /// <summary>How often it has been tried, this time included.</summary>
    public required int Attempts { get; init; }

    /// <summary>The newest signal that the push is for.</summary>
    public required long Sequence { get; init; }

    /// <summary>How many stored signals no device has settled.</summary>
    public required int Waiting { get; init; }

    /// <summary>How many of them the subscription has not been told of.</summary>
    public required int New { get; init; }

    /// <summary>How many of those no listening session takes.</summary>
    public required int Unheard { get; init; }

    /// <summary>For how long one of those is still good; null when there is none.</summary>
    public TimeSpan? TimeToLive { get; init; }
}

/// <summary>Every SQL statement that touches the outbox.</summary>
/// <remarks>
/// A row says that signals up to a sequence are to be pushed to a subscription. It comes with the signal, in one
/// transaction, and goes with the push service's answer: a webapp that dies in between leaves a row that the next one
/// takes. No foreign key leads to the subscriptions: their removal must not make the storing of signals fail.
/// </remarks>
internal sealed class OutboxStore(
    NpgsqlDataSource database,
    NodeCatalog nodes,
    PushOffer offer,
    IOptions<PushOptions> options
) : IStoringStatement
{
    private readonly PushOptions settings = options.Value;

    /// <summary>Notes what is to be pushed; nothing when nothing is pushed.</summary>
    public string Sql { get; } = offer.IsOn ? NoteWith(options.Value) : "";

    /// <summary>Takes rows that are due and that nobody else is at.</summary>
    public async Task<IReadOnlyList<Taken>> TakeAsync(int most)
    {
        await using var connection = await database.OpenConnectionAsync();
        var taken = await connection.QueryAsync<Taken>(
            """
            WITH due AS (
                SELECT subscription FROM push_outbox WHERE due_at <= now()
                ORDER BY due_at LIMIT @most FOR UPDATE SKIP LOCKED
            )
            UPDATE push_outbox SET due_at = now() + @lease, attempts = attempts + 1
            FROM due WHERE push_outbox.subscription = due.subscription
            RETURNING push_outbox.subscription AS Subscription, due_at AS Until
            """,
            // A webapp that lives has an answer by then, and has written it down.
            new { most, lease = settings.Timeout + TimeSpan.FromSeconds(15) }
        );
        return taken.AsList();
    }

    /// <summary>Finds out what there is to push now; null when the subscription has ended, or somebody else is at it.</summary>
    public async Task<(DuePush Push, Entry? Newest)?> LookAsync(Taken taken)
    {
        await using var connection = await database.OpenConnectionAsync();
        await using var read = await connection.QueryMultipleAsync(
            $"""
            SELECT endpoint AS Endpoint, public_key AS PublicKey, secret AS Secret, attempts AS Attempts,
                   outbox.sequence AS Sequence, waiting AS Waiting, new AS New, unheard AS Unheard,
                   time_to_live AS TimeToLive
            {FromTaken},
                LATERAL (
                    SELECT count(*)::int AS waiting,
                           count(*) FILTER (WHERE is_new)::int AS new,
                           count(*) FILTER (WHERE is_new AND NOT is_heard)::int AS unheard,
                           max(expires_at) FILTER (WHERE is_new AND NOT is_heard) - now() AS time_to_live
                    FROM (
                        SELECT expires_at, {IsNew} AS is_new, EXISTS (
                            SELECT FROM sessions
                            WHERE user_id = entry.user_id AND acked_at IS NOT NULL AND ended_at IS NULL
                              AND node = ANY(@nodes) AND (entry.device IS NULL OR device = entry.device)
                        ) AS is_heard
                        FROM inbox_entries AS entry WHERE {Waits}
                    ) AS entries
                ) AS counted
            WHERE outbox.subscription = @Subscription AND outbox.due_at = @Until
              AND coalesce(subscription.expires_at > now(), true);

            SELECT {Entry.Columns} {FromTaken} JOIN inbox_entries AS entry USING (user_id)
            WHERE outbox.subscription = @Subscription AND outbox.due_at = @Until
              AND content AND NOT without_content AND {Waits} AND {IsNew}
            ORDER BY entry.sequence DESC LIMIT 1;
            """,
            new
            {
                taken.Subscription,
                taken.Until,
                nodes = nodes.Nodes.Where(node => node.Responsive).Select(node => node.Name).ToArray(),
            }
        );
        var push = await read.ReadSingleOrDefaultAsync<DuePush>();
        var newest = await read.ReadSingleOrDefaultAsync<Entry>();
        return push is null ? null : (push, newest);
    }

    /// <summary>Has it looked at again after a while.</summary>
    /// <param name="isFailure">Whether it has failed, so that a new signal does not bring it forward.</param>
    public Task PutOffAsync(Taken taken, TimeSpan delay, bool isFailure) =>
        ExecuteAsync(
            """
            UPDATE push_outbox SET due_at = now() + @delay, attempts = CASE WHEN @isFailure THEN attempts ELSE 0 END
            WHERE subscription = @Subscription AND due_at = @Until
            """,
            new
            {
                taken.Subscription,
                taken.Until,
                delay,
                isFailure,
            }
        );

    /// <summary>Has it tried again at once, and from now on without content.</summary>
    public Task LeaveContentOutAsync(Taken taken) =>
        ExecuteAsync(
            """
            UPDATE push_outbox SET due_at = now(), without_content = true
            WHERE subscription = @Subscription AND due_at = @Until
            """,
            taken
        );

    /// <summary>Ends it: nothing up to this sequence is pushed any more.</summary>
    /// <param name="sequence">The newest signal that it was for.</param>
    /// <param name="isPushed">Whether the push service has taken it.</param>
    public Task EndAsync(Taken taken, long sequence, bool isPushed) =>
        ExecuteAsync(
            // One after the other: what the first leaves because it has grown meanwhile, the second sees.
            """
            UPDATE push_subscriptions
            SET pushed_through = greatest(pushed_through, @sequence),
                last_push_at = CASE WHEN @isPushed THEN now() ELSE last_push_at END
            WHERE number = @Subscription;

            DELETE FROM push_outbox WHERE subscription = @Subscription AND due_at = @Until AND sequence <= @sequence;

            UPDATE push_outbox SET due_at = now() + @Interval, attempts = 0, without_content = false
            WHERE subscription = @Subscription AND due_at = @Until;
            """,
            new
            {
                taken.Subscription,
                taken.Until,
                sequence,
                isPushed,
                settings.Interval,
            }
        );

    /// <summary>Drops a row that nothing has been found for, and its subscription if that has expired.</summary>
    public Task DropAsync(Taken taken) =>
        ExecuteAsync(
            """
            DELETE FROM push_subscriptions WHERE number = @Subscription AND expires_at <= now();
            DELETE FROM push_outbox WHERE subscription = @Subscription AND due_at = @Until;
            """,
            taken
        );

    /// <summary>Removes a subscription that is gone, with its row.</summary>
    public Task RemoveAsync(Taken taken) =>
        ExecuteAsync(
            """
            DELETE FROM push_subscriptions WHERE number = @Subscription;
            DELETE FROM push_outbox WHERE subscription = @Subscription;
            """,
            taken
        );

    private const string FromTaken =
        "FROM push_outbox AS outbox JOIN push_subscriptions AS subscription ON number = outbox.subscription";

    // No device has settled it, and it concerns the one that has subscribed.
    private const string Waits = """
        entry.user_id = subscription.user_id AND entry.expires_at > now() AND entry.settled_by = '{}'
        AND (entry.device IS NULL OR subscription.device IS NULL OR entry.device = subscription.device)
        """;

    private const string IsNew = "(entry.sequence > pushed_through AND entry.sequence <= outbox.sequence)";

    private static string NoteWith(PushOptions settings) =>
        $"""
            INSERT INTO push_outbox AS known (subscription, sequence, due_at)
            SELECT number, stored.sequence, greatest(
                last_push_at + {Interval(settings.Interval)},
                CASE
                    WHEN EXISTS (
                        SELECT FROM sessions
                        WHERE user_id = stored.user_id AND acked_at IS NOT NULL AND ended_at IS NULL
                    )
                    THEN now() + {Interval(settings.LookAgainAfter)} ELSE now()
                END
            )
            FROM (
                SELECT user_id, max(sequence) AS sequence
                FROM unnest(@users, @sequences, @wakes) AS entry(user_id, sequence, wakes)
                WHERE wakes GROUP BY user_id
            ) AS stored,
                -- The limit has each looked up, however few there were when the plan was made.
                LATERAL (
                    SELECT number, last_push_at FROM push_subscriptions WHERE user_id = stored.user_id
                    LIMIT {settings.MaxPerUser}
                ) AS subscription
            ORDER BY number
            ON CONFLICT (subscription) DO UPDATE SET sequence = excluded.sequence,
                -- One that has failed, or is under way, keeps its time.
                due_at = CASE WHEN known.attempts = 0 THEN least(known.due_at, excluded.due_at) ELSE known.due_at END;
            """;

    private static string Interval(TimeSpan time) =>
        string.Create(CultureInfo.InvariantCulture, $"interval '{(long)time.TotalMilliseconds} milliseconds'");

    private async Task ExecuteAsync(string statements, object parameters)
    {
        await using var connection = await database.OpenConnectionAsync();
        await connection.ExecuteAsync(statements, parameters);
    }
}
