using System.Net;
using SignalBroker.Signals;

namespace SignalBroker.Inbox;

/// <summary>How many bytes a sender, and all senders of an address, may store in a day, in any inboxes.</summary>
internal sealed class StorageBudget(IOptions<InboxOptions> options, LimitMetrics metrics, TimeProvider clock)
{
    /// <summary>What an entry with its id, or a receipt, costs besides its envelope: the bytes of their rows.</summary>
    public const int RowBytes = 3072;

    /// <summary>What the id of a signal that is not stored costs, without the remembered outcomes.</summary>
    public const int IdBytes = 1024;

    /// <summary>What the outcome of one session, or on one node, costs.</summary>
    public const int OutcomeBytes = 128;

    // The part of a day's bytes that ids may have at once. As much comes in again until the first of them are
    // forgotten.
    private const int PartsOfIds = 4;

    private readonly Budgets bytes = new(
        options.Value,
        TimeSpan.FromDays(1),
        1,
        1.0 / DailyBudget.Parts,
        metrics,
        clock
    );

    private readonly Budgets ids = new(
        options.Value,
        options.Value.RepeatWindow,
        1.0 / PartsOfIds,
        1.0 / PartsOfIds,
        metrics,
        clock
    );

    /// <summary>The bytes that storing a signal costs.</summary>
    public static int CostOf(StoredSignal signal) =>
        signal.Envelope.Length + (signal.ReceiptTo is null ? RowBytes : 2 * RowBytes);

    /// <summary>The most bytes that ids of signals that are not stored themselves have at a time.</summary>
    public static long MaxIds(long storedBytesPerDay) => 2 * (storedBytesPerDay / PartsOfIds);

    /// <summary>Takes bytes out of the budgets of a sender and its address.</summary>
    /// <returns>Null if both had them; otherwise how long until they have, and nothing is taken.</returns>
    public TimeSpan? Take(Payer payer, long size) => bytes.Take(payer, size);

    /// <summary>Puts back what was taken for something that was not stored.</summary>
    public void GiveBack(Payer payer, long size) => bytes.GiveBack(payer, size);

    /// <summary>Takes what it costs to remember an id, with its outcomes, until it can no longer be repeated.</summary>
    public Reservation ReserveId(Payer payer, int outcomes)
    {
        var size = IdBytes + (outcomes * OutcomeBytes);
        return new(ids.Take(payer, size), () => ids.GiveBack(payer, size));
    }

    /// <summary>The budgets of senders and of addresses.</summary>
    /// <param name="bounds">Says how many bytes a sender and an address have per day.</param>
    /// <param name="time">In which <paramref name="part"/> of these bytes comes in.</param>
    /// <param name="burst">The part of these bytes that may be used at once.</param>
    private sealed class Budgets(
        InboxOptions bounds,
        TimeSpan time,
        double part,
        double burst,
        LimitMetrics metrics,
        TimeProvider clock
    )
    {
        private const string OfSender = $"{InboxOptions.Section}:{nameof(InboxOptions.StoredBytesPerDayOfSender)}";
        private const string OfAddress = $"{InboxOptions.Section}:{nameof(InboxOptions.StoredBytesPerDayOfAddress)}";

        private readonly TokenBuckets<string> senders = new(
            bounds.StoredBytesPerDayOfSender * part / time.TotalSeconds,
            bounds.StoredBytesPerDayOfSender * burst,
            clock
        );
        private readonly TokenBuckets<IPAddress> addresses = new(
            bounds.StoredBytesPerDayOfAddress * part / time.TotalSeconds,
            bounds.StoredBytesPerDayOfAddress * burst,
            clock
        );

        public TimeSpan? Take(Payer payer, long size)
        {
            if (payer.Sender is { } sender && senders.Take(sender, size) is { } wait)
            {
                metrics.Refused(OfSender);
                return wait;
            }

            if (payer.Address is { } address && addresses.Take(address, size) is { } longer)
            {
                metrics.Refused(OfAddress);
                GiveBack(payer with { Address = null }, size);
                return longer;
            }

            return null;
        }

        public void GiveBack(Payer payer, long size)
        {
            if (payer.Sender is { } sender)
            {
                senders.GiveBack(sender, size);
            }

            if (payer.Address is { } address)
            {
                addresses.GiveBack(address, size);
            }
        }
    }
}
