using System.Buffers.Text;
using System.Runtime.CompilerServices;
using System.Text;

namespace SignalBroker.Storm.Clients;

/// <summary>Reads HTTP/1.1 answers from a stream into a buffer that is used again and again.</summary>
internal sealed class AnswerReader
{
    private const int FirstSize = 1024;
    private const int Largest = 1 << 20;

    private byte[] buffer = new byte[FirstSize];
    private int filled;

    // What the head of the current answer says.
    private int status;
    private int headLength;
    private int? contentLength;
    private bool isChunked;
    private TimeSpan? retryAfter;

    /// <summary>Whether the server closes the connection after the answer, or must be taken to.</summary>
    public bool Closes { get; private set; }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<HttpAnswer> ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        filled = 0;
        var consumed = 0;
        do
        {
            // Interim answers (1xx) have no body.
            Consume(consumed);
            while (!TryReadHead())
            {
                await FillAsync(stream, cancellationToken);
            }

            consumed = headLength;
        } while (status is >= 100 and < 200);

        var (start, length, end) = (headLength, 0, headLength);
        if (isChunked)
        {
            (length, end) = await ReadChunksAsync(stream, cancellationToken);
        }
        else if (contentLength is { } expected)
        {
            length = expected;
            end = start + length;
            while (filled < end)
            {
                await FillAsync(stream, cancellationToken);
            }
        }
        else if (status is not (204 or 304))
        {
            length = await ReadToEndAsync(stream, cancellationToken);
            end = filled;
        }

        // Nothing was asked for that could follow.
        Closes |= filled > end;
        return new(status, retryAfter, buffer.AsMemory(start, length));
    }

    private void Consume(int length)
    {
        buffer.AsSpan(length, filled - length).CopyTo(buffer);
        filled -= length;
    }

    private bool TryReadHead()
    {
        var head = buffer.AsSpan(0, filled);
        var length = head.IndexOf("\r\n\r\n"u8);
        if (length < 0)
        {
            return false;
        }

        headLength = length + 4;
        head = head[..(length + 2)];
        if (!head.StartsWith("HTTP/1."u8) || !Utf8Parser.TryParse(head[9..], out status, out int _))
        {
            throw new InvalidDataException("The server does not answer in HTTP/1.1.");
        }

        Closes = head[7] == (byte)'0';
        (contentLength, isChunked, retryAfter) = (null, false, null);
        head = head[(head.IndexOf((byte)'\n') + 1)..];
        while (!head.IsEmpty)
        {
            var end = head.IndexOf((byte)'\n');
            ReadHeader(head[..(end - 1)]);
            head = head[(end + 1)..];
        }

        return true;
    }

    private void ReadHeader(ReadOnlySpan<byte> line)
    {
        var colon = line.IndexOf((byte)':');
        if (colon < 0)
        {
            return;
        }

        var name = line[..colon];
        var value = line[(colon + 1)..].Trim((byte)' ');
        if (Ascii.EqualsIgnoreCase(name, "content-length"u8))
        {
            contentLength =
                Utf8Parser.TryParse(value, out int length, out _) && length is >= 0 and <= Largest
                    ? length
                    : throw new InvalidDataException("The server's answer is too long.");
        }
        else if (Ascii.EqualsIgnoreCase(name, "transfer-encoding"u8))
        {
            isChunked = Ascii.EqualsIgnoreCase(value, "chunked"u8);
        }
        else if (Ascii.EqualsIgnoreCase(name, "connection"u8))
        {
            Closes |= Ascii.EqualsIgnoreCase(value, "close"u8);
        }
        else if (Ascii.EqualsIgnoreCase(name, "retry-after"u8))
        {
            retryAfter =
                Utf8Parser.TryParse(value, out int seconds, out var digits) && digits == value.Length
                    ? TimeSpan.FromSeconds(Math.Max(0, seconds))
                : Utf8Parser.TryParse(value, out DateTimeOffset date, out _, 'R')
                    ? date - TimeProvider.System.GetUtcNow()
                : null;
        }
    }

    // Moves the chunks together behind the head, where they lie already.
    private async ValueTask<(int Length, int End)> ReadChunksAsync(Stream stream, CancellationToken cancellationToken)
    {
        var (length, next) = (0, headLength);
        while (true)
        {
            int lineEnd;
            while ((lineEnd = buffer.AsSpan(next, filled - next).IndexOf("\r\n"u8)) < 0)
            {
                await FillAsync(stream, cancellationToken);
            }

            if (
                !Utf8Parser.TryParse(buffer.AsSpan(next, lineEnd), out int size, out _, 'x') || size is < 0 or > Largest
            )
            {
                throw new InvalidDataException("The server sent a broken chunk.");
            }

            next += lineEnd + 2;
            if (size == 0)
            {
                return (length, await SkipTrailersAsync(stream, next, cancellationToken));
            }

            while (filled < next + size + 2)
            {
                await FillAsync(stream, cancellationToken);
            }

            buffer.AsSpan(next, size).CopyTo(buffer.AsSpan(headLength + length));
            length += size;
            next += size + 2;
        }
    }

    private async ValueTask<int> SkipTrailersAsync(Stream stream, int next, CancellationToken cancellationToken)
    {
        while (true)
        {
            int lineEnd;
            while ((lineEnd = buffer.AsSpan(next, filled - next).IndexOf("\r\n"u8)) < 0)
            {
                await FillAsync(stream, cancellationToken);
            }

            next += lineEnd + 2;
            if (lineEnd == 0)
            {
                return next;
            }
        }
    }

    private async ValueTask<int> ReadToEndAsync(Stream stream, CancellationToken cancellationToken)
    {
        Closes = true;
        while (await TryFillAsync(stream, cancellationToken)) { }

        return filled - headLength;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask FillAsync(Stream stream, CancellationToken cancellationToken)
    {
        if (!await TryFillAsync(stream, cancellationToken))
        {
            throw new EndOfStreamException("The server closed the connection before it had answered.");
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> TryFillAsync(Stream stream, CancellationToken cancellationToken)
    {
        if (filled == buffer.Length)
        {
            if (filled >= Largest)
            {
                throw new InvalidDataException("The server's answer is too long.");
            }

            Array.Resize(ref buffer, filled * 2);
        }

        var count = await stream.ReadAsync(buffer.AsMemory(filled), cancellationToken);
        filled += count;
        return count > 0;
    }
}
