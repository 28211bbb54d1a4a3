namespace SignalBroker.Inbox;

/// <summary>A user's inbox while its row is locked: the counter that gives out sequences.</summary>
public sealed record Box
{
    private const int ReceiptsFactor = 10;

    /// <summary>Whose it is.</summary>
    public required string UserId { get; init; }

    /// <summary>The newest entry's sequence; 0 before the first one.</summary>
    public long LastSequence { get; private set; }

    /// <summary>How many entries it has.</summary>
    public int Entries { get; private set; }

    /// <summary>How many bytes their envelopes have.</summary>
    public long Bytes { get; private set; }

    /// <summary>Whether it has got an entry.</summary>
    public bool HasChanged { get; private set; }

    /// <summary>Whether there is room for so many signals, which have so many bytes together.</summary>
    public bool HasRoomFor(int signals, long bytes, InboxOptions bounds) =>
        Entries + signals <= bounds.MaxEntries && Bytes + bytes <= bounds.MaxBytes;

    /// <summary>Makes room for a signal.</summary>
    /// <returns>The signal's sequence; null when there is no room.</returns>
    public long? TryAdd(StoredSignal signal, InboxOptions bounds)
    {
        // Whoever has asked for receipts gets them although others fill the inbox, but not for ever.
        var isTaken = signal.IsReceipt
            ? Entries < bounds.MaxEntries * ReceiptsFactor
            : HasRoomFor(1, signal.Envelope.Length, bounds);
        if (!isTaken)
        {
            return null;
        }

        Entries++;
        Bytes += signal.Envelope.Length;
        HasChanged = true;
        return ++LastSequence;
    }
}
