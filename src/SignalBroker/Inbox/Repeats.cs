using SignalBroker.Signals;

namespace SignalBroker.Inbox;

/// <summary>A row of <c>sent_signals</c>.</summary>
/// <param name="Id">The sender's name for the signal.</param>
/// <param name="Sha256">The hash of what must be the same in a repeat.</param>
/// <param name="Sequence">Null when it was not stored.</param>
/// <param name="Answer">The sessions that took it; null when it was stored.</param>
internal sealed record SentSignal(string Sender, string Id, byte[] Sha256, long? Sequence, byte[]? Answer);

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
        Add(new SentSignal(repeat.Sender, repeat.Id, repeat.Sha256, sequence, Answer: null));

    /// <summary>What became of the signal; null when it is the first.</summary>
    public Storing? Find(RepeatKey repeat) =>
        !known.TryGetValue((repeat.Sender, repeat.Id), out var sent) ? null
        : sent is null ? new Storing.UnderWay()
        : sent.Sha256.AsSpan().SequenceEqual(repeat.Sha256) ? new Storing.Repeated(new Kept(sent.Sequence, sent.Answer))
        : new Storing.IdUsed();
}
