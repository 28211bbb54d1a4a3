using System.Buffers.Text;
using SignalBroker.Client.WebSockets;

namespace SignalBroker.Client.Stomp;

/// <summary>A frame of STOMP 1.2 as it lies in a buffer.</summary>
internal readonly ref struct StompFrame(
    ReadOnlySpan<byte> command,
    ReadOnlySpan<byte> headers,
    ReadOnlyMemory<byte> body
)
{
    public ReadOnlySpan<byte> Command { get; } = command;
    public ReadOnlyMemory<byte> Body { get; } = body;
    private ReadOnlySpan<byte> Headers { get; } = headers;

    /// <summary>A header's value as it is written; empty when there is none.</summary>
    public ReadOnlySpan<byte> this[ReadOnlySpan<byte> name]
    {
        get
        {
            var rest = Headers;
            while (!rest.IsEmpty)
            {
                var line = StompFrames.NextLine(ref rest);
                if (line.Length > name.Length && line[name.Length] == (byte)':' && line.StartsWith(name))
                {
                    return line[(name.Length + 1)..];
                }
            }

            return [];
        }
    }
}

/// <summary>Splits what arrives into frames of STOMP 1.2, wherever the WebSocket's messages begin and end.</summary>
internal sealed class StompFrames
{
    private readonly Remainder remainder = new();

    /// <summary>Takes a frame, which is only valid within the call.</summary>
    public delegate void Handler(StompFrame frame);

    /// <summary>Passes on every frame that is complete by now, and keeps the beginning of one that is not.</summary>
    public void Add(ReadOnlyMemory<byte> arrived, Handler handler)
    {
        arrived = remainder.With(arrived);
        while (TryRead(ref arrived, out var frame))
        {
            handler(frame);
        }

        remainder.Keep(arrived);
    }

    /// <summary>The next line without its end, of lines that all have one.</summary>
    public static ReadOnlySpan<byte> NextLine(scoped ref ReadOnlySpan<byte> rest)
    {
        var end = rest.IndexOf((byte)'\n');
        var line = rest[..end];
        rest = rest[(end + 1)..];
        return line is [.., (byte)'\r'] ? line[..^1] : line;
    }

    private static bool TryRead(ref ReadOnlyMemory<byte> arrived, out StompFrame frame)
    {
        frame = default;
        // Line ends between frames are heart-beats.
        arrived = arrived.TrimStart("\r\n"u8);
        var rest = arrived.Span;
        if (!rest.Contains((byte)'\n'))
        {
            return false;
        }

        var command = NextLine(ref rest);
        var headers = rest;
        var contentLength = -1;
        while (true)
        {
            if (!rest.Contains((byte)'\n'))
            {
                return false;
            }

            var line = NextLine(ref rest);
            if (line.IsEmpty)
            {
                break;
            }

            // Of repeated headers the first counts.
            if (
                contentLength < 0
                && line.StartsWith("content-length:"u8)
                && Utf8Parser.TryParse(line[15..], out int length, out _)
            )
            {
                contentLength = length;
            }
        }

        headers = headers[..^rest.Length];
        var bodyLength = contentLength >= 0 ? contentLength : rest.IndexOf((byte)0);
        if (bodyLength < 0 || bodyLength >= rest.Length)
        {
            return false;
        }

        if (rest[bodyLength] != 0)
        {
            throw new InvalidDataException("The node sent a frame without an end.");
        }

        var bodyStart = arrived.Length - rest.Length;
        frame = new(command, headers, arrived.Slice(bodyStart, bodyLength));
        arrived = arrived[(bodyStart + bodyLength + 1)..];
        return true;
    }
}
