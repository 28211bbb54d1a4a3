using System.Text;

namespace SignalBroker.Bench.Wire;

/// <summary>A buffer in which a message is put together.</summary>
public sealed class Outgoing
{
    private byte[] buffer = new byte[512];
    private int length;

    /// <summary>What has been added since it was cleared.</summary>
    public ReadOnlyMemory<byte> Message => buffer.AsMemory(0, length);

    public Outgoing Clear()
    {
        length = 0;
        return this;
    }

    public Outgoing Add(string text)
    {
        Encoding.ASCII.GetBytes(text, Room(text.Length));
        return this;
    }

    public Outgoing Add(int number)
    {
        number.TryFormat(Room(10), out var written);
        length += written - 10;
        return this;
    }

    public Outgoing Add(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Room(bytes.Length));
        return this;
    }

    private Span<byte> Room(int count)
    {
        if (buffer.Length < length + count)
        {
            Array.Resize(ref buffer, Math.Max(2 * buffer.Length, length + count));
        }

        length += count;
        return buffer.AsSpan(length - count, count);
    }
}
