using System.Buffers;
using System.Buffers.Text;

namespace SignalBroker.Inbox;

/// <summary>One stored signal, as it is delivered.</summary>
/// <param name="Sequence">Its place in the user's inbox.</param>
/// <param name="Envelope">The envelope, without its sequence.</param>
/// <param name="TimeToLive">How long until it expires.</param>
internal sealed record Entry(long Sequence, byte[] Envelope, TimeSpan TimeToLive)
{
    public const string Columns =
        "entry.sequence AS Sequence, entry.envelope AS Envelope, entry.expires_at - now() AS TimeToLive";

    private const int RoomForTheSequence = 40;
    private const int MaxNumber = 20;

    /// <summary>A condition: the entry waits for the device, which is an expression and may be null.</summary>
    public static string IsWaitingFor(string device) =>
        $"""
            entry.expires_at > now() AND (entry.device IS NULL OR entry.device = {device})
            AND NOT coalesce({device}, '') = ANY(entry.settled_by)
            """;

    /// <summary>The envelope with its sequence; the publisher disposes of it.</summary>
    public PooledBuffer Complete()
    {
        var buffer = PooledBuffer.Rent(Envelope.Length + RoomForTheSequence);
        buffer.Write("{\"sequence\":"u8);
        Utf8Formatter.TryFormat(Sequence, buffer.GetSpan(MaxNumber), out var length);
        buffer.Advance(length);
        // The stored envelope is an object with at least one member.
        buffer.Write(","u8);
        buffer.Write(Envelope.AsSpan(1));
        return buffer;
    }
}
