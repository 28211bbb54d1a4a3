using System.Buffers;
using System.Numerics;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.ObjectPool;

namespace SignalBroker.Http;

/// <summary>A buffer to write into, whose memory is reused after it is disposed.</summary>
/// <remarks>
/// .NET's own pool of arrays keeps too few of each size for all the signals that may be under way. A buffer that is not
/// disposed is left to the garbage collector, which is safe, only slower.
/// </remarks>
internal sealed class PooledBuffer : IBufferWriter<byte>, IDisposable
{
    private const int MaxKept = 2048;
    private const int SmallestArray = 1024;

    // Nearly all signals fit. Larger arrays come from .NET's pool; keeping them would waste memory.
    private const int LargestKept = 4096;

    private static readonly DefaultObjectPool<PooledBuffer> Pool = new(
        new DefaultPooledObjectPolicy<PooledBuffer>(),
        MaxKept
    );

    // It is only read by JSON parsers, never put into a page's markup.
    private static readonly JsonWriterOptions Writing = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    [ThreadStatic]
    private static Utf8JsonWriter? jsonWriter;

    private byte[] array = [];
    private int written;
    private bool isRented;

    /// <summary>What has been written; valid until the buffer is disposed.</summary>
    public ReadOnlyMemory<byte> Written => Array.AsMemory(0, written);

    private byte[] Array => isRented ? array : throw new ObjectDisposedException(nameof(PooledBuffer));

    /// <summary>An empty buffer with room for this many bytes; it grows when needed.</summary>
    public static PooledBuffer Rent(int capacity)
    {
        var buffer = Pool.Get();
        buffer.isRented = true;
        buffer.Reserve(capacity);
        return buffer;
    }

    /// <summary>A JSON writer into this buffer, until the same thread asks for another one.</summary>
    public Utf8JsonWriter JsonWriter()
    {
        jsonWriter ??= new(this, Writing);
        jsonWriter.Reset(this);
        return jsonWriter;
    }

    public void Advance(int count) => written += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return Array.AsMemory(written);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public void Dispose()
    {
        if (!isRented)
        {
            return;
        }

        (isRented, written) = (false, 0);
        if (array.Length > LargestKept)
        {
            GiveBack(array);
            array = [];
        }

        Pool.Return(this);
    }

    private void Reserve(int size)
    {
        var needed = written + Math.Max(size, 1);
        if (Array.Length < needed)
        {
            var larger =
                needed > LargestKept
                    ? ArrayPool<byte>.Shared.Rent(Math.Max(needed, 2 * array.Length))
                    : new byte[BitOperations.RoundUpToPowerOf2((uint)Math.Max(needed, SmallestArray))];
            Written.CopyTo(larger);
            GiveBack(array);
            array = larger;
        }
    }

    private static void GiveBack(byte[] lent)
    {
        if (lent.Length > LargestKept)
        {
            ArrayPool<byte>.Shared.Return(lent);
        }
    }
}
