using System.Text.Json;
using Npgsql;
using SignalBroker.Rooms;
using SignalBroker.Sessions;
using SignalBroker.Signals;

namespace SignalBroker.Inbox;

/// <summary>Turns receipts into stored signals for the senders who asked for them.</summary>
/// <remarks>
/// Settling an entry locks the recipient's inbox, so it only records that a receipt is due. Here, in a separate
/// transaction, the sender's inbox is locked: never both, or two users who settle each other's signals could deadlock.
/// A receipt is taken and stored in one transaction, so a crash neither loses nor duplicates one.
/// </remarks>
internal sealed class ReceiptWriter(
    NpgsqlDataSource database,
    InboxStore store,
    StorageBudget budget,
    InboxDeliverer deliverer,
    EnvelopeWriter envelopes,
    IOptions<InboxOptions> options
)
{
    /// <summary>Stores and delivers every receipt that is due.</summary>
    public async Task DeliverAsync()
    {
        while (await DeliverSomeAsync() == ReceiptStore.LargestRead)
        {
            // There may be more.
        }
    }

    private async Task<int> DeliverSomeAsync()
    {
        await using var connection = await database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        var receipts = await ReceiptStore.TakeAsync(connection);
        if (receipts.Count == 0)
        {
            return 0;
        }

        // Nobody pays for receipts: their cost was part of the signals'.
        using var charges = new StorageCharges(budget);
        await store.StoreAsync(connection, [.. receipts.Select(Write)], charges);
        await transaction.CommitAsync();
        charges.Keep();
        await deliverer.CallAllAsync(receipts.Select(receipt => receipt.Sender).Distinct());

        return receipts.Count;
    }

    private StoredSignal Write(Receipt receipt)
    {
        var id = SignalId.Of(given: null);
        using var envelope = envelopes.WriteControl(
            "receipt",
            writer =>
            {
                writer.WriteString("id"u8, receipt.Id);
                writer.WriteString("outcome"u8, receipt.Delivered ? "delivered"u8 : "expired"u8);
                WriteRecipient(writer, receipt);
                EnvelopeWriter.WriteTime(writer, "at"u8, new DateTimeOffset(receipt.At));
            },
            id,
            options.Value.TimeToLive
        );
        return new()
        {
            UserId = receipt.Sender,
            Id = id.ToString(),
            Envelope = envelope.Written.ToArray(),
            TimeToLive = options.Value.TimeToLive,
            IsReceipt = true,
        };
    }

    // A member of a room may be anonymous, so a receipt names only its member id.
    private static void WriteRecipient(Utf8JsonWriter writer, Receipt receipt)
    {
        if (receipt.Room is not null)
        {
            writer.WriteString("room"u8, receipt.Room);
            writer.WriteString("member"u8, receipt.Member);
            return;
        }

        writer.WriteString("to"u8, receipt.UserId);
        if (receipt.Device is not null)
        {
            writer.WriteString("device"u8, receipt.Device);
        }

        if (receipt.Session is not null)
        {
            writer.WriteString("session"u8, receipt.Session);
        }
    }
}
