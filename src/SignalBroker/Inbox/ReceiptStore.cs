using Dapper;
using Npgsql;
using SignalBroker.Identity;
using SignalBroker.Rooms;
using SignalBroker.Sessions;
using SignalBroker.Signals;

namespace SignalBroker.Inbox;

/// <summary>A receipt on its way to the sender of a signal.</summary>
internal sealed record Receipt
{
    /// <summary>The user that sent the signal.</summary>
    public required string Sender { get; init; }

    public required string Id { get; init; }

    /// <summary>Whether a client of the addressee has settled it; otherwise its time was over first.</summary>
    public required bool Delivered { get; init; }

    public required string UserId { get; init; }

    /// <summary>The device that settled it, or that it was for; null for none in particular.</summary>
    public string? Device { get; init; }

    /// <summary>The session that settled it.</summary>
    public string? Session { get; init; }

    /// <summary>The room that the signal was sent to; null when it was sent to the addressee itself.</summary>
    public string? Room { get; init; }

    /// <summary>The addressee's member id in that room.</summary>
    public string? Member { get; init; }

    /// <summary>When it was settled, or its time was over.</summary>
    public required DateTime At { get; init; }
}

/// <summary>The SQL statements that take receipts out of where settling has put them.</summary>
internal static class ReceiptStore
{
    /// <summary>How many are taken at a time.</summary>
    public const int LargestRead = 100;

    /// <summary>Takes receipts that nobody else is at; they come back unless the transaction is committed.</summary>
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
