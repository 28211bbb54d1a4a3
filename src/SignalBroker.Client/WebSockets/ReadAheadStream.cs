using System.Runtime.CompilerServices;

namespace SignalBroker.Client.WebSockets;

/// <summary>Buffers a stream: one read takes all that has arrived.</summary>
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

    public override bool CanRead => true;
    public override bool CanWrite => true;
    public override bool CanSeek => false;
    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public ReadOnlySpan<byte> Ahead => buffer.AsSpan(start, end - start);

    public async ValueTask LookAheadAsync(CancellationToken cancellationToken)
    {
        if (end == Size)
        {
            throw new InvalidDataException("The server's answer is too long.");
        }

        var count = await inner.ReadAsync(buffer.AsMemory(end), cancellationToken);
        end += count > 0 ? count : throw new EndOfStreamException("The server closed the connection.");
    }

    public void Skip(int count) => start += count;

    public override ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken = default) =>
        end > start ? new(HandOut(destination))
        : destination.Length >= Size ? inner.ReadAsync(destination, cancellationToken)
        : ReadAheadAsync(destination, cancellationToken);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default) =>
        inner.WriteAsync(source, cancellationToken);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override void Flush() => inner.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

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
        (start, end) = (0, 0);
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
