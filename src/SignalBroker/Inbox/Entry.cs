using SignalBroker.Signals;

namespace SignalBroker.Inbox;

/// <summary>One stored signal, as it is delivered.</summary>
internal sealed record Entry
{
    /// <summary>Its place in the user's inbox.</summary>
    public required long Sequence { get; init; }

    /// <summary>The envelope, without its sequence.</summary>
    public required byte[] Envelope { get; init; }

    /// <summary>How long it is still good for.</summary>
    public required TimeSpan TimeToLive { get; init; }

    /// <summary>The columns, and the predicates that a reader needs.</summary>
    public const string Columns =
        "entry.sequence AS Sequence, entry.envelope AS Envelope, entry.expires_at - now() AS TimeToLive";

    /// <summary>A condition: the entry waits for the device, which is an expression and may be null.</summary>
    public static string IsWaitingFor(string device) =>
        $"""
            entry.expires_at > now() AND (entry.device IS NULL OR entry.device = {device})
            AND NOT coalesce({device}, '') = ANY(entry.settled_by)
            """;
}
