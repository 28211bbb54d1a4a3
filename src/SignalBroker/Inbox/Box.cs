using SignalBroker.Signals;

namespace SignalBroker.Inbox;

/// <summary>A user's inbox while its row is locked: it assigns the sequences.</summary>
internal sealed record Box
{
    private const int ReceiptsFactor = 10;

    public required string UserId { get; init; }

    /// <summary>The newest entry's sequence; 0 before the first one.</summary>
    public long LastSequence { get; private set; }

    public int Entries { get; private set; }

    /// <summary>The size of all envelopes.</summary>
    public long Bytes { get; private set; }

    /// <summary>Whether an entry was added.</summary>
    public bool HasChanged { get; private set; }

    /// <summary>Whether there is room for so many signals of so many bytes in total.</summary>
    public bool HasRoomFor(int signals, long bytes, InboxOptions bounds) =>
        Entries + signals <= bounds.MaxEntries && Bytes + bytes <= bounds.MaxBytes;

    /// <summary>Whether so many signals could exceed a sender's share.</summary>
    public bool IsToBeShared(int signals, long bytes, InboxOptions bounds)
    {
        var share = Math.Min(bounds.ShareOfSender, bounds.ShareOfAddress);
        return share < 1 && (Entries + signals > bounds.MaxEntries * share || Bytes + bytes > bounds.MaxBytes * share);
    }

    /// <summary>Gives a signal a sequence, if there is room for it.</summary>
    internal Storing Add(StoredSignal signal, InboxOptions bounds, Shares? shares)
    {
        // Receipts are stored even when others have filled the inbox, but not without end.
        var isTaken = signal.IsReceipt
            ? Entries < bounds.MaxEntries * ReceiptsFactor
            : HasRoomFor(1, signal.Envelope.Length, bounds);
        if (!isTaken)
        {
            return new Storing.Full();
        }

        if (shares?.HaveRoomFor(signal, this) == false)
        {
            return new Storing.ShareUsed();
        }

        shares?.Add(signal.Payer, 1, signal.Envelope.Length);
        Entries++;
        Bytes += signal.Envelope.Length;
        HasChanged = true;
        return new Storing.Stored(++LastSequence);
    }
}
