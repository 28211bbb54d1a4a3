using System.Text.Json;

namespace SignalBroker.Client;

/// <summary>The body of <c>/inbox/settle</c>.</summary>
internal sealed record SettleRequest
{
    public long? UpTo { get; init; }
    public IReadOnlyList<long>? Sequences { get; init; }
}

/// <summary>The same, through the socket.</summary>
internal sealed record SettleBySocketRequest(string Id, SettleRequest Settle);

/// <summary>The answer of <c>GET /inbox</c>.</summary>
internal sealed record InboxAnswer(
    bool Recovered,
    long LastSequence,
    long LowestSequence,
    long SettledThrough,
    bool More,
    IReadOnlyList<JsonElement>? Entries
);

/// <summary>The content of a receipt's envelope.</summary>
internal sealed record ToldReceipt
{
    public required string Id { get; init; }
    public string? Outcome { get; init; }
    public string? To { get; init; }
    public string? Room { get; init; }
    public string? Member { get; init; }
    public string? Device { get; init; }
    public string? Session { get; init; }
    public DateTimeOffset At { get; init; }

    public Receipt ToReceipt() =>
        new()
        {
            Id = Id,
            IsDelivered = Outcome == "delivered",
            To = To,
            Room = Room,
            Member = Member,
            Device = Device,
            Session = Session,
            At = At,
        };
}
