using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace SignalBroker.Client.Listening;

/// <summary>Extracts the data from a stream of server-sent events (HTML standard, section 9.2).</summary>
/// <remarks>Comments are heart-beats; other fields have no meaning here.</remarks>
internal sealed class EventReader(Action<ReadOnlyMemory<byte>> onData)
{
    private const int Largest = 1 << 20;

    // The part of a line or of an event that has arrived; null if there is none.
    private ArrayBufferWriter<byte>? line;
    private ArrayBufferWriter<byte>? data;

    /// <summary>Passes on the data of every event that is complete by now; it is only valid within the call.</summary>
    /// <exception cref="InvalidDataException">A line or an event is too long.</exception>
    public void Add(ReadOnlyMemory<byte> arrived)
    {
        while (arrived.Span.IndexOf((byte)'\n') is var end and >= 0)
        {
            if (line is null)
            {
                TakeLine(arrived[..end]);
            }
            else
            {
                Append(ref line, arrived[..end]);
                TakeLine(line.WrittenMemory);
                line = null;
            }

            arrived = arrived[(end + 1)..];
        }

        if (!arrived.IsEmpty)
        {
            Append(ref line, arrived);
        }
    }

    private static void Append([NotNull] ref ArrayBufferWriter<byte>? to, ReadOnlyMemory<byte> more)
    {
        to ??= new ArrayBufferWriter<byte>();
        if (to.WrittenCount + more.Length > Largest)
        {
            throw new InvalidDataException("The webapp sent an event that is too long.");
        }

        to.Write(more.Span);
    }

    private void TakeLine(ReadOnlyMemory<byte> ended)
    {
        if (ended.Span is [.., (byte)'\r'])
        {
            ended = ended[..^1];
        }

        if (ended.IsEmpty)
        {
            if (data is not null)
            {
                onData(data.WrittenMemory);
                data = null;
            }
        }
        else if (ended.Span.StartsWith("data:"u8))
        {
            var value = ended["data:".Length..];
            // The lines of one event are joined by line feeds.
            data?.Write("\n"u8);
            Append(ref data, value.Span is [(byte)' ', ..] ? value[1..] : value);
        }
    }
}
