using Dapper;
using Npgsql;
using SignalBroker.Rooms;
using SignalBroker.Signals;

namespace SignalBroker.Inbox;

/// <summary>The SQL statements that put signals into inboxes.</summary>
/// <remarks>
/// A transaction that writes to inboxes first locks their rows in <c>inboxes</c>, in the order of the user ids. So a
/// user's sequences are committed in order: whoever sees one entry sees every earlier one. Before that, it tries the
/// advisory locks of the signals' ids, and never waits for them.
/// </remarks>
internal sealed class InboxStore(
    NpgsqlDataSource database,
    IEnumerable<IStoringStatement> others,
    StorageBudget budget,
    IOptions<InboxOptions> options
)
{
    private readonly InboxOptions settings = options.Value;
    private readonly string noted = string.Join(";\n", others.Select(other => other.Sql));

    /// <summary>Stores signals in one transaction, and commits it.</summary>
    public async Task<IReadOnlyDictionary<StoredSignal, Storing>> StoreAsync(IReadOnlyList<StoredSignal> signals)
    {
        await using var connection = await database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        using var charges = new StorageCharges(budget);
        var endings = await StoreAsync(connection, signals, charges);
        await transaction.CommitAsync();
        charges.Keep();
        return endings;
    }

    /// <summary>Stores signals in the connection's transaction.</summary>
    public async Task<IReadOnlyDictionary<StoredSignal, Storing>> StoreAsync(
        NpgsqlConnection connection,
        IReadOnlyList<StoredSignal> signals,
        StorageCharges charges
    )
    {
        var repeatable = signals.Where(signal => signal.Repeat is not null).Select(signal => signal.Repeat!).ToArray();
        string[] users = [.. signals.Select(signal => signal.UserId).Distinct()];
        await using var read = await connection.QueryMultipleAsync(
            $"""
            {FindRepeats};

            {LockBoxes};
            """,
            new
            {
                senders = Array.ConvertAll(repeatable, repeat => repeat.Sender),
                ids = Array.ConvertAll(repeatable, repeat => repeat.Id),
                users,
                settings.RepeatWindow,
            }
        );
        var repeats = await ReadRepeatsAsync(read);
        var boxes = (await read.ReadAsync<Box>()).ToDictionary(box => box.UserId);
        while (boxes.Count < users.Length)
        {
            // The sweep removed an empty one between the two statements.
            boxes = (await connection.QueryAsync<Box>(LockBoxes, new { users })).ToDictionary(box => box.UserId);
        }

        await BoxStore.ExpireAsync(connection, signals, boxes, settings);
        var shares = await BoxStore.FindSharesAsync(connection, signals, boxes, settings);
        var endings = new Dictionary<StoredSignal, Storing>();
        foreach (var signal in signals)
        {
            endings[signal] =
                signal.Repeat is { } repeat && repeats.Find(repeat) is { } known
                    ? known
                    : Add(signal, boxes[signal.UserId], shares.GetValueOrDefault(signal.UserId), charges);
            if (signal.Repeat is not null && endings[signal] is Storing.Stored stored)
            {
                repeats.Add(signal.Repeat, stored.Sequence);
            }
        }

        await InsertAsync(connection, endings, boxes);
        return endings;
    }

    /// <summary>What became of a signal sent before; a new one's id is locked until the transaction ends.</summary>
    /// <returns>Null if it is new.</returns>
    public async Task<Storing?> FindRepeatAsync(NpgsqlConnection connection, RepeatKey repeat)
    {
        await using var read = await connection.QueryMultipleAsync(
            FindRepeats,
            new
            {
                senders = new[] { repeat.Sender },
                ids = new[] { repeat.Id },
                settings.RepeatWindow,
            }
        );
        return (await ReadRepeatsAsync(read)).Find(repeat);
    }

    /// <summary>Remembers an answer that is more than one sequence.</summary>
    public static Task RememberAsync(NpgsqlConnection connection, RepeatKey repeat, byte[] answer) =>
        connection.ExecuteAsync(
            $"""
            INSERT INTO sent_signals (sender, id, sha256, answer) VALUES (@Sender, @Id, @Sha256, @answer)
            {Replace}
            """,
            new
            {
                repeat.Sender,
                repeat.Id,
                repeat.Sha256,
                answer,
            }
        );

    private Storing Add(StoredSignal signal, Box box, Shares? shares, StorageCharges charges)
    {
        if (signal.IsPaid)
        {
            return box.Add(signal, settings, shares);
        }

        var cost = StorageBudget.CostOf(signal);
        if (charges.Take(signal.Payer, cost) is { } wait)
        {
            return new Storing.BudgetUsed(wait);
        }

        var ending = box.Add(signal, settings, shares);
        if (ending is not Storing.Stored)
        {
            charges.GiveBack(signal.Payer, cost);
        }

        return ending;
    }

    // Two statements, so that the second sees what was committed before the lock was taken.
    private static string FindRepeats =>
        $"""
            SELECT sender AS Sender, id AS Id,
                   pg_try_advisory_xact_lock(hashtextextended(sender || ' ' || id, {AdvisoryLocks.StoredSignal})) AS IsFree
            FROM unnest(@senders, @ids) AS wanted(sender, id);

            SELECT sent.sender AS Sender, sent.id AS Id, sha256 AS Sha256, sequence AS Sequence, answer AS Answer
            FROM unnest(@senders, @ids) AS wanted(sender, id),
                -- With the limit each is looked up by index, however few rows there were when the plan was made.
                LATERAL (
                    SELECT * FROM sent_signals
                    WHERE sender = wanted.sender AND id = wanted.id AND sent_at > now() - @RepeatWindow
                    LIMIT 1
                ) AS sent
            """;

    private const string LockBoxes = $"""
        INSERT INTO inboxes (user_id) SELECT user_id FROM unnest(@users) AS user_id ORDER BY user_id
        ON CONFLICT (user_id) DO NOTHING;

        {BoxStore.Select} ORDER BY user_id FOR UPDATE
        """;

    private const string Replace = """
        ON CONFLICT (sender, id) DO UPDATE SET sha256 = excluded.sha256, sequence = excluded.sequence,
            answer = excluded.answer, sent_at = excluded.sent_at
        """;

    private static async Task<Repeats> ReadRepeatsAsync(SqlMapper.GridReader read)
    {
        var found = new Repeats();
        foreach (var (sender, id, isFree) in await read.ReadAsync<(string, string, bool)>())
        {
            if (!isFree)
            {
                found.Add(sender, id);
            }
        }

        foreach (var known in await read.ReadAsync<SentSignal>())
        {
            found.Add(known);
        }

        return found;
    }

    private async Task InsertAsync(
        NpgsqlConnection connection,
        Dictionary<StoredSignal, Storing> endings,
        Dictionary<string, Box> boxes
    )
    {
        var stored = endings
            .Where(ending => ending.Value is Storing.Stored)
            .Select(ending => (Signal: ending.Key, ((Storing.Stored)ending.Value).Sequence))
            .ToArray();
        if (stored.Length == 0)
        {
            return;
        }

        // All members of a room get the same envelope, which need not be sent to the database a thousand times.
        var envelopes = stored.Select(entry => entry.Signal.Envelope).Distinct().ToArray();
        var copies = envelopes.Index().ToDictionary(envelope => envelope.Item, envelope => envelope.Index + 1);
        var changed = boxes.Values.Where(box => box.HasChanged).ToArray();
        var repeatable = Array.FindAll(stored, entry => entry.Signal.Repeat is not null);
        await connection.ExecuteAsync(
            $"""
            INSERT INTO inbox_entries
                (user_id, sequence, id, device, envelope, expires_at, receipt_to, room, member, sender, address)
            SELECT user_id, sequence, id, device, (@envelopes)[copy], now() + time_to_live, receipt_to, room, member,
                   sender, address
            FROM unnest(@users, @sequences, @ids, @devices, @copies, @timesToLive, @receipts, @rooms, @members, @payers, @addresses)
                AS entry(user_id, sequence, id, device, copy, time_to_live, receipt_to, room, member, sender, address);

            UPDATE inboxes SET last_sequence = box.last_sequence, entries = box.entries, bytes = box.bytes
            FROM unnest(@owners, @lastSequences, @entries, @bytes) AS box(user_id, last_sequence, entries, bytes)
            WHERE inboxes.user_id = box.user_id;

            INSERT INTO sent_signals (sender, id, sha256, sequence)
            SELECT * FROM unnest(@senders, @sentIds, @hashes, @sentSequences)
            {Replace};

            {noted}
            """,
            new
            {
                users = Array.ConvertAll(stored, entry => entry.Signal.UserId),
                sequences = Array.ConvertAll(stored, entry => entry.Sequence),
                ids = Array.ConvertAll(stored, entry => entry.Signal.Id),
                devices = Array.ConvertAll(stored, entry => entry.Signal.Device),
                envelopes,
                copies = Array.ConvertAll(stored, entry => copies[entry.Signal.Envelope]),
                timesToLive = Array.ConvertAll(stored, entry => entry.Signal.TimeToLive),
                receipts = Array.ConvertAll(stored, entry => entry.Signal.ReceiptTo),
                // A receipt is no reason for a push.
                wakes = Array.ConvertAll(stored, entry => !entry.Signal.IsReceipt),
                rooms = Array.ConvertAll(stored, entry => entry.Signal.Member?.Room),
                members = Array.ConvertAll(stored, entry => entry.Signal.Member?.Member),
                payers = Array.ConvertAll(stored, entry => entry.Signal.Payer.Sender),
                addresses = Array.ConvertAll(stored, entry => entry.Signal.Payer.Address),
                owners = Array.ConvertAll(changed, box => box.UserId),
                lastSequences = Array.ConvertAll(changed, box => box.LastSequence),
                entries = Array.ConvertAll(changed, box => box.Entries),
                bytes = Array.ConvertAll(changed, box => box.Bytes),
                senders = Array.ConvertAll(repeatable, entry => entry.Signal.Repeat!.Sender),
                sentIds = Array.ConvertAll(repeatable, entry => entry.Signal.Repeat!.Id),
                hashes = Array.ConvertAll(repeatable, entry => entry.Signal.Repeat!.Sha256),
                sentSequences = Array.ConvertAll(repeatable, entry => entry.Sequence),
            }
        );
    }
}
