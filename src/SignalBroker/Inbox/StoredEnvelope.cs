using System.Buffers;
using System.Buffers.Text;
using SignalBroker.Http;
using SignalBroker.Signals;

namespace SignalBroker.Inbox;

/// <summary>Puts its sequence into a stored envelope.</summary>
internal static class StoredEnvelope
{
    private const int RoomForTheSequence = 40;
    private const int MaxNumber = 20;

    /// <summary>The whole envelope; the publisher disposes of it.</summary>
    public static PooledBuffer Complete(Entry entry)
    {
        var buffer = PooledBuffer.Rent(entry.Envelope.Length + RoomForTheSequence);
        Write(buffer, entry);
        return buffer;
    }

    public static void Write(IBufferWriter<byte> buffer, Entry entry)
    {
        buffer.Write("{\"sequence\":"u8);
        Utf8Formatter.TryFormat(entry.Sequence, buffer.GetSpan(MaxNumber), out var length);
        buffer.Advance(length);
        // What is stored is an object with members.
        buffer.Write(","u8);
        buffer.Write(entry.Envelope.AsSpan(1));
    }
}
