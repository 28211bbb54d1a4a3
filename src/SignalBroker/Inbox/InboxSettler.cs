using SignalBroker.Sessions;

namespace SignalBroker.Inbox;

/// <summary>Settles stored signals, and sends their senders receipts.</summary>
internal sealed partial class InboxSettler(SettlingStore store, ReceiptWriter receipts, ILogger<InboxSettler> logger)
{
    /// <summary>Settles entries for the session's device.</summary>
    public async Task<Settling> SettleAsync(Session session, SettleRequest request)
    {
        var settling = await store.SettleAsync(session, request);
        if (settling.Receipts > 0)
        {
            _ = DeliverReceiptsAsync();
        }

        return settling;
    }

    private async Task DeliverReceiptsAsync()
    {
        try
        {
            await receipts.DeliverAsync();
        }
        catch (Exception failure)
        {
            // They are in the database, where the sweep finds them.
            LogNotDelivered(failure.Message);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Postponed the delivery of receipts: {Reason}")]
    private partial void LogNotDelivered(string reason);
}
