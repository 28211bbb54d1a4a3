using System.Globalization;
using Dapper;
using Npgsql;
using SignalBroker.Inbox;
using SignalBroker.Nodes;

namespace SignalBroker.Push;

/// <summary>A row of the outbox that this webapp has taken.</summary>
/// <param name="Until">Until when nobody else takes it; it also tells this lease from a later one.</param>
internal sealed record Taken(long Subscription, DateTime Until);

/// <summary>What there is to push to a subscription.</summary>
/// <param name="Attempts">How often it has been tried, this time included.</param>
/// <param name="Sequence">The newest signal that the push is for.</param>
/// <param name="Waiting">How many stored signals no device has settled.</param>
/// <param name="New">How many of them the subscription has not been told of.</param>
/// <param name="Unheard">How many of those no listening session takes.</param>
/// <param name="TimeToLive">For how long one of those is still good; null if there is none.</param>
internal sealed record DuePush(
    string Endpoint,
    byte[] PublicKey,
    byte[] Secret,
    int Attempts,
    long Sequence,
    int Waiting,
    int New,
    int Unheard,
    TimeSpan? TimeToLive
);

/// <summary>Every SQL statement that touches the outbox.</summary>
/// <remarks>
/// A row says that signals up to a sequence are to be pushed to a subscription. It is inserted with the signal, in one
/// transaction, and deleted after the push service's answer: if a webapp dies in between, another one takes the row.
/// There is no foreign key to the subscriptions: removing one must not make the storing of signals fail.
/// </remarks>
internal sealed class OutboxStore(
    NpgsqlDataSource database,
    NodeCatalog nodes,
    PushOffer offer,
    IOptions<PushOptions> options
) : IStoringStatement
{
    private readonly PushOptions settings = options.Value;

    /// <summary>Notes what is to be pushed; empty where nothing is.</summary>
    public string Sql { get; } = offer.IsOn ? NoteWith(options.Value) : "";

    /// <summary>Takes rows that are due and that nobody else works on.</summary>
    public Task<IReadOnlyList<Taken>> TakeAsync(int most) =>
        database.QueryAsync<Taken>(
            """
            WITH due AS (
                SELECT subscription FROM push_outbox WHERE due_at <= now()
                ORDER BY due_at LIMIT @most FOR UPDATE SKIP LOCKED
            )
            UPDATE push_outbox SET due_at = now() + @lease, attempts = attempts + 1
            FROM due WHERE push_outbox.subscription = due.subscription
            RETURNING push_outbox.subscription AS Subscription, due_at AS Until
            """,
            // Unless the webapp dies, it has had and recorded an answer by then.
            new { most, lease = settings.Timeout + TimeSpan.FromSeconds(15) }
        );

    /// <summary>What there is to push now; null if the subscription has ended or somebody else works on it.</summary>
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

    /// <summary>Makes it due again after a while.</summary>
    /// <param name="isFailure">Whether it has failed; then no new signal makes it due earlier.</param>
    public Task PutOffAsync(Taken taken, TimeSpan delay, bool isFailure) =>
        database.ExecuteAsync(
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

    /// <summary>Makes it due again at once, and from now on without content.</summary>
    public Task LeaveContentOutAsync(Taken taken) =>
        database.ExecuteAsync(
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
        database.ExecuteAsync(
            // The last statement finds the row that the second one left because a newer signal had come.
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

    /// <summary>Deletes a row for which there is nothing to push, and its subscription if that has expired.</summary>
    public Task DropAsync(Taken taken) =>
        database.ExecuteAsync(
            """
            DELETE FROM push_subscriptions WHERE number = @Subscription AND expires_at <= now();
            DELETE FROM push_outbox WHERE subscription = @Subscription AND due_at = @Until;
            """,
            taken
        );

    /// <summary>Removes a subscription that is gone, with its row.</summary>
    public Task RemoveAsync(Taken taken) =>
        database.ExecuteAsync(
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
}
