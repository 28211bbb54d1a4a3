using Dapper;
using Npgsql;
using SignalBroker.Sessions;

namespace SignalBroker.Inbox;

/// <summary>A user's inbox, as one of the user's devices sees it.</summary>
/// <param name="LastSequence">The newest entry's sequence; 0 before the first one.</param>
/// <param name="LowestSequence">From this sequence on, no entry has expired.</param>
/// <param name="SettledThrough">The device has nothing left to settle up to this sequence.</param>
internal sealed record InboxView(
    long LastSequence,
    long LowestSequence,
    long SettledThrough,
    IReadOnlyList<Entry> Entries
);

/// <summary>The SQL statements that only read an inbox.</summary>
internal sealed class ReadingStore(NpgsqlDataSource database)
{
    /// <summary>Reads what waits for the session's device after a sequence.</summary>
    public async Task<InboxView> ReadAsync(Session session, long after, int limit)
    {
        await using var connection = await database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead);
        await using var read = await connection.QueryMultipleAsync(
            $"""
            SELECT last_sequence, lowest_sequence FROM inboxes WHERE user_id = @UserId;

            SELECT settled_through FROM inbox_devices WHERE user_id = @UserId AND device = coalesce(@Device, '');

            SELECT {Entry.Columns} FROM inbox_entries AS entry
            WHERE entry.user_id = @UserId AND entry.sequence > @after AND {Entry.IsWaitingFor("@Device::text")}
            ORDER BY entry.sequence LIMIT @limit;
            """,
            new
            {
                session.UserId,
                session.Device,
                after,
                limit,
            }
        );
        var (last, lowest) = (await read.ReadAsync<(long, long)>()).SingleOrDefault((0, 1));
        var settledThrough = (await read.ReadAsync<long>()).SingleOrDefault();
        return new(last, lowest, settledThrough, (await read.ReadAsync<Entry>()).AsList());
    }
}
