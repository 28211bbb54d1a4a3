using Dapper;
using Npgsql;

namespace SignalBroker.Inbox;

/// <summary>The SQL statements that erase a user's inbox, and what the user has in others'.</summary>
internal sealed class ErasureStore(NpgsqlDataSource database) : IUserData
{
    // Receipts have no sender, and name whoever has settled the signal.
    private const string IsOfUser = """
        (
            sender = @userId OR (
                sender IS NULL AND convert_from(envelope, 'UTF8')::jsonb ->> 'type' = 'receipt'
                AND convert_from(envelope, 'UTF8')::jsonb #>> '{content,to}' = @userId
            )
        )
        """;

    public async Task EraseAsync(string userId)
    {
        await using var connection = await database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        // In the order in which storing locks them.
        var boxes = await connection.QueryAsync<string>(
            $"""
            SELECT user_id FROM inboxes
            WHERE user_id = @userId
               OR user_id IN (SELECT user_id FROM inbox_entries WHERE receipt_to = @userId OR {IsOfUser})
            ORDER BY user_id FOR UPDATE
            """,
            new { userId }
        );
        string[] others = [.. boxes.Where(box => box != userId)];
        await connection.ExecuteAsync(
            $"""
            UPDATE inbox_entries SET receipt_to = NULL WHERE user_id = ANY(@others) AND receipt_to = @userId;

            UPDATE inbox_entries SET expires_at = now(), receipt_to = NULL WHERE user_id = ANY(@others) AND {IsOfUser};

            DELETE FROM inbox_entries WHERE user_id = @userId;

            DELETE FROM inboxes WHERE user_id = @userId;

            DELETE FROM inbox_devices WHERE user_id = @userId;

            DELETE FROM sent_signals WHERE sender = @userId;

            DELETE FROM inbox_receipts WHERE sender = @userId OR user_id = @userId;
            """,
            new { userId, others }
        );
        await SettlingStore.ExpireAsync(connection, others);
        await transaction.CommitAsync();
    }
}
