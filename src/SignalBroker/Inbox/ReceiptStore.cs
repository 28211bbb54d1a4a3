using Dapper;
using Npgsql;
using SignalBroker.Rooms;
using SignalBroker.Sessions;
using SignalBroker.Signals;

namespace SignalBroker.Inbox;

/// <summary>A receipt on its way to the sender of a signal.</summary>
/// <param name="Id">The signal's id.</param>
/// <param name="Delivered">Whether a client of the recipient has settled it; otherwise it expired first.</param>
/// <param name="UserId">The recipient.</param>
/// <param name="Device">The device that settled it, or that it was for; null for none in particular.</param>
/// <param name="Session">The session that settled it.</param>
/// <param name="Room">The room that the signal was sent to; null when it was sent to the recipient itself.</param>
/// <param name="Member">The recipient's member id in that room.</param>
/// <param name="At">When it was settled, or expired.</param>
internal sealed record Receipt(
    string Sender,
    string Id,
    bool Delivered,
    string UserId,
    string? Device,
    string? Session,
    string? Room,
    string? Member,
    DateTime At
);

/// <summary>The SQL statement that takes receipts from where settling has put them.</summary>
internal static class ReceiptStore
{
    public const int LargestRead = 100;

    /// <summary>Takes receipts that are not locked; they come back unless the transaction is committed.</summary>
    public static async Task<IReadOnlyList<Receipt>> TakeAsync(NpgsqlConnection connection)
    {
        var taken = await connection.QueryAsync<Receipt>(
            """
            WITH due AS (
                SELECT number FROM inbox_receipts ORDER BY number LIMIT @LargestRead FOR UPDATE SKIP LOCKED
            )
            DELETE FROM inbox_receipts USING due WHERE inbox_receipts.number = due.number
            RETURNING sender AS Sender, id AS Id, delivered AS Delivered, user_id AS UserId, device AS Device,
                      session AS Session, room AS Room, member AS Member, at AS At
            """,
            new { LargestRead }
        );
        return taken.AsList();
    }
}
