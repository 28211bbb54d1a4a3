using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace SignalBroker.Client.Http;

/// <summary>Bytes in an array that goes back to its pool when it is disposed of.</summary>
/// <remarks>What is not disposed of is left to the garbage collector; that is safe, only slower.</remarks>
internal sealed class PooledBuffer(int capacity) : IBufferWriter<byte>, IDisposable
{
    // What is written goes into a JSON parser and never into a page's markup.
    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private byte[]? array = ArrayPool<byte>.Shared.Rent(capacity);
    private int written;

    /// <summary>What has been written.</summary>
    public ReadOnlyMemory<byte> Written => Array.AsMemory(0, written);

    private byte[] Array => array ?? throw new ObjectDisposedException(nameof(PooledBuffer));

    /// <summary>A JSON writer that writes here.</summary>
    public Utf8JsonWriter NewJsonWriter() => new(this, Writing);

    /// <inheritdoc />
    public void Advance(int count) => written += count;

    /// <inheritdoc />
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return Array.AsMemory(written);
    }

    /// <inheritdoc />
    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <inheritdoc />
    public void Dispose()
    {
        if (array is { } rented)
        {
            array = null;
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private void Reserve(int size)
    {
        if (Array.Length - written >= Math.Max(size, 1))
        {
            return;
        }

        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(2 * Array.Length, written + size));
        Written.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(Array);
        array = larger;
    }
}
