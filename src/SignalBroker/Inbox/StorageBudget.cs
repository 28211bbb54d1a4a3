using System.Net;
using Microsoft.Extensions.Options;
using SignalBroker.Http;
using SignalBroker.Signals;

namespace SignalBroker.Inbox;

/// <summary>How much senders, and all senders of an address together, may have stored in a day, in whichever inboxes.</summary>
internal sealed class StorageBudget(IOptions<InboxOptions> options, TimeProvider clock)
{
    /// <summary>What an entry, its id included, or a receipt counts besides its envelope: the bytes that their rows have.</summary>
    public const int RowBytes = 3072;

    /// <summary>What the id of a signal counts that is not stored itself, besides the outcomes that are remembered with it.</summary>
    public const int IdBytes = 1024;

    /// <summary>What the outcome of one session, or on one node, counts.</summary>
    public const int OutcomeBytes = 128;

    // The part of a day's bytes that ids may have at once. As much comes in again until the first of them are forgotten.
    private const int PartsOfIds = 4;

    private readonly DailyBudget<string> senders = new(options.Value.StoredBytesPerDayOfSender, clock);
    private readonly DailyBudget<IPAddress> addresses = new(options.Value.StoredBytesPerDayOfAddress, clock);
    private readonly TokenBuckets<string> idsOfSenders = ForIds<string>(
        options.Value.StoredBytesPerDayOfSender,
        options.Value,
        clock
    );
    private readonly TokenBuckets<IPAddress> idsOfAddresses = ForIds<IPAddress>(
        options.Value.StoredBytesPerDayOfAddress,
        options.Value,
        clock
    );

    /// <summary>What it counts to store a signal.</summary>
    public static int CostOf(StoredSignal signal) =>
        signal.Envelope.Length + (signal.ReceiptTo is null ? RowBytes : 2 * RowBytes);

    /// <summary>The most bytes that ids have at a time, of the signals that are not stored themselves.</summary>
    public static long MaxIds(long storedBytesPerDay) => 2 * (storedBytesPerDay / PartsOfIds);

    /// <summary>Takes what is to be stored out of its sender's budgets.</summary>
    /// <returns>Null if it was in both; otherwise how long until it is, and nothing is taken.</returns>
    public TimeSpan? Take(Payer payer, long bytes)
    {
        if (payer.Sender is { } sender && senders.Take(sender, bytes) is { } wait)
        {
            return wait;
        }

        if (payer.Address is { } address && addresses.Take(address, bytes) is { } waitOfAddress)
        {
            GiveBack(payer with { Address = null }, bytes);
            return waitOfAddress;
        }

        return null;
    }

    /// <summary>Takes an id that may be remembered until it can no longer be repeated, and what came of its signal.</summary>
    public Reservation ReserveId(Payer payer, int outcomes)
    {
        var bytes = IdBytes + (outcomes * OutcomeBytes);
        if (payer.Sender is { } sender && idsOfSenders.Take(sender, bytes) is { } wait)
        {
            return new(wait, static () => { });
        }

        if (payer.Address is { } address && idsOfAddresses.Take(address, bytes) is { } waitOfAddress)
        {
            GiveBackId(payer with { Address = null }, bytes);
            return new(waitOfAddress, static () => { });
        }

        return new(wait: null, () => GiveBackId(payer, bytes));
    }

    /// <summary>Puts back what was taken for something that is not stored.</summary>
    public void GiveBack(Payer payer, long bytes)
    {
        if (payer.Sender is { } sender)
        {
            senders.GiveBack(sender, bytes);
        }

        if (payer.Address is { } address)
        {
            addresses.GiveBack(address, bytes);
        }
    }

    private void GiveBackId(Payer payer, long bytes)
    {
        if (payer.Sender is { } sender)
        {
            idsOfSenders.GiveBack(sender, bytes);
        }

        if (payer.Address is { } address)
        {
            idsOfAddresses.GiveBack(address, bytes);
        }
    }

    private static TokenBuckets<TKey> ForIds<TKey>(long storedBytesPerDay, InboxOptions options, TimeProvider clock)
        where TKey : notnull
    {
        var atOnce = storedBytesPerDay / PartsOfIds;
        return new(atOnce / options.RepeatWindow.TotalSeconds, atOnce, clock);
    }
}
