namespace SignalBroker.Tests.Inbox.History;

/// <summary>Proves from what was sent, received and settled that an inbox has kept its promises, or says what it broke.</summary>
/// <remarks>It knows nothing of how the inbox works. All signals are one sender's, each sent after the answer to the one before.</remarks>
public sealed class HistoryChecker(
    IReadOnlyList<string> devices,
    IReadOnlyCollection<SentEvent> sent,
    IReadOnlyList<ReceivedEvent> received,
    IReadOnlyList<SettledEvent> settled
)
{
    private readonly Dictionary<int, SentEvent> byNumber = sent.ToDictionary(signal => signal.Number);

    /// <summary>Every broken promise; empty when all were kept.</summary>
    public IReadOnlyList<string> Violations() =>
        [
            .. SequencesCountUp(),
            .. devices.SelectMany(device =>
                ViolationsOf(device, [.. received.Where(arrived => arrived.Device == device)])
            ),
        ];

    /// <summary>The signals that a device must have received in the end.</summary>
    public IReadOnlyList<int> OwedTo(string device) =>
        [
            .. sent.Where(signal =>
                    signal is { Told: Told.Stored, IsShortLived: false } && (signal.Device ?? device) == device
                )
                .Select(signal => signal.Number)
                .Order(),
        ];

    private IEnumerable<string> ViolationsOf(string device, ReceivedEvent[] arrived)
    {
        // What a client that drops what comes twice has seen.
        var seen = arrived.DistinctBy(signal => signal.Number).ToArray();
        return
        [
            .. OwedTo(device)
                .Except(seen.Select(signal => signal.Number))
                .Select(number => $"{device} never got {number}, which was stored"),
            .. seen.Where(signal => !byNumber.ContainsKey(signal.Number))
                .Select(signal => $"{device} got {signal.Number}, which nobody sent"),
            .. seen.Where(signal =>
                    byNumber.TryGetValue(signal.Number, out var sent) && (sent.Device ?? device) != device
                )
                .Select(signal => $"{device} got {signal.Number}, which was for {byNumber[signal.Number].Device}"),
            .. seen.Where(signal => byNumber.TryGetValue(signal.Number, out var sent) && sent.Told == Told.Refused)
                .Select(signal => $"{device} got {signal.Number}, which was refused"),
            .. seen.Zip(seen.Skip(1))
                .Where(pair => pair.First.Number > pair.Second.Number)
                .Select(pair => $"{device} got {pair.Second.Number} after {pair.First.Number}"),
            .. settled
                .Where(settling => settling.Device == device)
                .SelectMany(settling =>
                    arrived
                        .Where(signal => signal.Session >= settling.Sessions && signal.Sequence <= settling.UpTo)
                        .Select(signal => $"{device} got {signal.Number} again, which it had settled")
                ),
        ];
    }

    private IEnumerable<string> SequencesCountUp()
    {
        var stored = received
            .Where(signal => signal.Sequence is not null)
            .Select(signal => (signal.Number, signal.Sequence))
            .Distinct()
            .OrderBy(signal => signal.Number)
            .ThenBy(signal => signal.Sequence)
            .ToArray();
        return
        [
            .. stored
                .Zip(stored.Skip(1))
                .Where(pair => pair.First.Number == pair.Second.Number)
                .Select(pair => $"{pair.First.Number} was stored as {pair.First.Sequence} and {pair.Second.Sequence}"),
            .. stored
                .DistinctBy(signal => signal.Number)
                .Zip(stored.DistinctBy(signal => signal.Number).Skip(1))
                .Where(pair => pair.First.Sequence >= pair.Second.Sequence)
                .Select(pair => $"{pair.Second.Number} was sent after {pair.First.Number} and stored before it"),
        ];
    }
}
