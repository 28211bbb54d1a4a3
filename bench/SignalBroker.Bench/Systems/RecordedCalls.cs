namespace SignalBroker.Bench.Systems;

/// <summary>
/// What two pages in Chromium sent each other to set up a video call without TURN, as <c>bench/callers/record.js</c> prints
/// it: sizes of contents, in characters.
/// </summary>
public static class RecordedCalls
{
    /// <summary>SignalBroker's own client: it rings before it negotiates, and sends together what candidates it has by then.</summary>
    public static IReadOnlyList<CallTurn> OfSignalBroker { get; } =
    [
        // It rings, at one device, and is accepted.
        new(true, 97),
        new(false, 137),
        new(true, 5890),
        new(true, 809),
        new(false, 5590),
        new(false, 465),
    ];

    /// <summary>The PeerJS library.</summary>
    public static IReadOnlyList<CallTurn> OfPeerJs { get; } =
    [new(true, [6180, .. Enumerable.Repeat(260, 12)]), new(false, [5880, .. Enumerable.Repeat(260, 2)])];

    /// <summary>simple-peer, whose signals an application carries itself.</summary>
    public static IReadOnlyList<CallTurn> OfSimplePeer { get; } =
    [new(true, [6100, .. Enumerable.Repeat(170, 12)]), new(false, [5800, .. Enumerable.Repeat(170, 2)])];
}
