using System.Buffers.Text;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace SignalBroker.Storm.Clients;

/// <summary>Reads HTTP/1.1 answers from a stream into a buffer that is used again and again.</summary>
internal sealed class AnswerReader
{
    private const int FirstSize = 1024;
    private const int Largest = 1 << 20;
    private static readonly byte[] EndOfLine = "\r\n"u8.ToArray();
    private static readonly byte[] EndOfHead = "\r\n\r\n"u8.ToArray();

    private byte[] buffer = new byte[FirstSize];
    private int filled;

    // What the head of the current answer says.
    private int status;
    private int? contentLength;
    private bool isChunked;
    private TimeSpan? retryAfter;

    /// <summary>Whether the server closes the connection after the answer, or must be assumed to.</summary>
    public bool Closes { get; private set; }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<HttpAnswer> ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        var start = filled = 0;
        do
        {
            // Interim answers (1xx) have no body.
            var headEnd = await FindAsync(EndOfHead, start, stream, cancellationToken);
            ReadHead(buffer.AsSpan(start, headEnd - start));
            start = headEnd + EndOfHead.Length;
        } while (status is >= 100 and < 200);

        var (length, end) = (contentLength ?? 0, start + (contentLength ?? 0));
        if (isChunked)
        {
            (length, end) = await ReadChunksAsync(start, stream, cancellationToken);
        }
        else if (contentLength is null && status is not (204 or 304))
        {
            Closes = true;
            while (await TryFillAsync(stream, cancellationToken)) { }

            (length, end) = (filled - start, filled);
        }

        await FillAsync(end, stream, cancellationToken);
        // Nothing was asked for that could follow.
        Closes |= filled > end;
        return new(status, retryAfter, buffer.AsMemory(start, length));
    }

    private void ReadHead(ReadOnlySpan<byte> head)
    {
        if (!head.StartsWith("HTTP/1."u8) || !Utf8Parser.TryParse(head[9..], out status, out int _))
        {
            throw new InvalidDataException("The server does not answer in HTTP/1.1.");
        }

        Closes = head[7] == (byte)'0';
        (contentLength, isChunked, retryAfter) = (null, false, null);
        foreach (var line in head.Split(EndOfLine))
        {
            ReadHeader(head[line]);
        }
    }

    private void ReadHeader(ReadOnlySpan<byte> line)
    {
        var colon = Math.Max(0, line.IndexOf((byte)':'));
        var name = line[..colon];
        var value = line[colon..].TrimStart(": "u8).TrimEnd((byte)' ');
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

    // Moves the chunks together behind the head, and finds where the last one's trailers end.
    private async ValueTask<(int Length, int End)> ReadChunksAsync(
        int start,
        Stream stream,
        CancellationToken cancellationToken
    )
    {
        var (length, next) = (0, start);
        while (true)
        {
            var lineEnd = await FindAsync(EndOfLine, next, stream, cancellationToken);
            if (
                !Utf8Parser.TryParse(buffer.AsSpan(next, lineEnd - next), out int size, out _, 'x')
                || size is < 0 or > Largest
            )
            {
                throw new InvalidDataException("The server sent a broken chunk.");
            }

            if (size == 0)
            {
                // Without trailers, the empty line follows at once.
                var end = await FindAsync(EndOfHead, lineEnd, stream, cancellationToken);
                return (length, end + EndOfHead.Length);
            }

            next = lineEnd + EndOfLine.Length;
            await FillAsync(next + size + EndOfLine.Length, stream, cancellationToken);
            buffer.AsSpan(next, size).CopyTo(buffer.AsSpan(start + length));
            length += size;
            next += size + EndOfLine.Length;
        }
    }

    // Where the pattern begins, from a place on.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> FindAsync(byte[] pattern, int from, Stream stream, CancellationToken cancellationToken)
    {
        int found;
        while ((found = buffer.AsSpan(from, filled - from).IndexOf(pattern)) < 0)
        {
            await FillAsync(filled + 1, stream, cancellationToken);
        }

        return from + found;
    }

    // Reads until at least so many bytes are there.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask FillAsync(int count, Stream stream, CancellationToken cancellationToken)
    {
        while (filled < count)
        {
            if (!await TryFillAsync(stream, cancellationToken))
            {
                throw new EndOfStreamException("The server closed the connection before it had answered.");
            }
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

/// <summary>What a server answered.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="RetryAfter">How long the server wants to be left alone; null when it does not say.</param>
/// <param name="Body">The body; only valid until the connection's next request.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct HttpAnswer(int Status, TimeSpan? RetryAfter, ReadOnlyMemory<byte> Body);
