namespace SignalBroker.Client.WebSockets;

/// <summary>Keeps the beginning of a frame until its end has arrived; between frames it holds no buffer.</summary>
internal sealed class Remainder
{
    private const int Largest = 1 << 20;

    private byte[] kept = [];
    private int length;

    /// <summary>What was kept, and behind it what has arrived.</summary>
    /// <exception cref="InvalidDataException">It is longer than a frame may be, which is 1 MiB.</exception>
    public ReadOnlyMemory<byte> With(ReadOnlyMemory<byte> arrived)
    {
        if (length == 0)
        {
            return arrived;
        }

        Append(arrived.Span);
        return kept.AsMemory(0, length);
    }

    /// <summary>Keeps what is left of <see cref="With"/>, and nothing else.</summary>
    /// <inheritdoc cref="With" path="/exception"/>
    public void Keep(ReadOnlyMemory<byte> rest)
    {
        if (rest.IsEmpty)
        {
            (kept, length) = ([], 0);
        }
        else if (length == 0)
        {
            Append(rest.Span);
        }
        else
        {
            rest.Span.CopyTo(kept);
            length = rest.Length;
        }
    }

    private void Append(ReadOnlySpan<byte> more)
    {
        var needed = length + more.Length;
        if (needed > Largest)
        {
            throw new InvalidDataException("The node sent a frame that is too long.");
        }

        if (kept.Length < needed)
        {
            Array.Resize(ref kept, Math.Max(needed, kept.Length * 2));
        }

        more.CopyTo(kept.AsSpan(length));
        length = needed;
    }
}
