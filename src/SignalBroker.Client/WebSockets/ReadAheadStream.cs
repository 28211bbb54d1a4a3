using System.Runtime.CompilerServices;

namespace SignalBroker.Client.WebSockets;

/// <summary>Reads as much of a stream at once as has come, and hands it out in the pieces that are asked for.</summary>
/// <remarks>
/// A WebSocket reads each frame's head by itself: without this, every message would cost one more call into the kernel.
/// A read of no bytes waits until there is something to read.
/// </remarks>
internal sealed class ReadAheadStream(Stream inner) : Stream
{
    private const int Size = 4096;

    private readonly byte[] buffer = new byte[Size];
    private int start;
    private int end;

    /// <inheritdoc />
    public override bool CanRead => true;

    /// <inheritdoc />
    public override bool CanWrite => true;

    /// <inheritdoc />
    public override bool CanSeek => false;

    /// <inheritdoc />
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc />
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>What has been read ahead.</summary>
    public ReadOnlySpan<byte> Ahead => buffer.AsSpan(start, end - start);

    /// <summary>Reads more ahead of what there is already.</summary>
    public async ValueTask LookAheadAsync(CancellationToken cancellationToken)
    {
        if (end == Size)
        {
            throw new InvalidDataException("The server's answer is too long.");
        }

        var count = await inner.ReadAsync(buffer.AsMemory(end), cancellationToken);
        end += count > 0 ? count : throw new EndOfStreamException("The server closed the connection.");
    }

    /// <summary>Drops so much of what was read ahead.</summary>
    public void Skip(int count) => start += count;

    /// <inheritdoc />
    public override ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken = default)
    {
        if (end > start || (destination.Length >= Size))
        {
            return end > start ? new(HandOut(destination)) : inner.ReadAsync(destination, cancellationToken);
        }

        return ReadAheadAsync(destination, cancellationToken);
    }

    /// <inheritdoc />
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default) =>
        inner.WriteAsync(source, cancellationToken);

    /// <inheritdoc />
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc />
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc />
    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    /// <inheritdoc />
    public override void Flush() => inner.Flush();

    /// <inheritdoc />
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc />
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc />
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc />
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc />
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> ReadAheadAsync(Memory<byte> destination, CancellationToken cancellationToken)
    {
        start = 0;
        end = 0;
        end = await inner.ReadAsync(buffer, cancellationToken);
        return HandOut(destination);
    }

    private int HandOut(Memory<byte> destination)
    {
        var count = Math.Min(destination.Length, end - start);
        buffer.AsSpan(start, count).CopyTo(destination.Span);
        start += count;
        return count;
    }
}
