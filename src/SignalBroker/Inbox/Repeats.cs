using SignalBroker.Signals;

namespace SignalBroker.Inbox;

/// <summary>A row of <c>sent_signals</c>.</summary>
internal sealed record SentSignal
{
    public required string Sender { get; init; }

    /// <summary>What its sender called it.</summary>
    public required string Id { get; init; }

    /// <summary>The hash of what must be the same in a repeat.</summary>
    public required byte[] Sha256 { get; init; }

    /// <summary>Its sequence; null when it was not stored.</summary>
    public long? Sequence { get; init; }

    /// <summary>The sessions that took it; null when it was stored.</summary>
    public byte[]? Answer { get; init; }
}

/// <summary>Which of the signals of one transaction have been sent before, or are being sent elsewhere.</summary>
internal sealed class Repeats
{
    private readonly Dictionary<(string Sender, string Id), SentSignal?> known = [];

    /// <summary>Adds one that is being sent elsewhere.</summary>
    public void Add(string sender, string id) => known[(sender, id)] = null;

    /// <summary>Adds one that has been sent.</summary>
    public void Add(SentSignal sent) => known[(sent.Sender, sent.Id)] = sent;

    /// <summary>Adds one that this transaction stores.</summary>
    public void Add(RepeatKey repeat, long sequence) =>
        Add(
            new SentSignal
            {
                Sender = repeat.Sender,
                Id = repeat.Id,
                Sha256 = repeat.Sha256,
                Sequence = sequence,
            }
        );

    /// <summary>What became of the signal; null when it is the first.</summary>
    public Storing? Find(RepeatKey repeat) =>
        !known.TryGetValue((repeat.Sender, repeat.Id), out var sent) ? null
        : sent is null ? new Storing.UnderWay()
        : sent.Sha256.AsSpan().SequenceEqual(repeat.Sha256) ? new Storing.Repeated(new Kept(sent.Sequence, sent.Answer))
        : new Storing.IdUsed();
}
