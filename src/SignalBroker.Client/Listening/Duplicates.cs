using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace SignalBroker.Client.Listening;

/// <summary>Recognizes signals that came before by their sender and id: the last 500 at least, and at most 1,000.</summary>
/// <remarks>16 bytes for each, and none for a client that has received nothing.</remarks>
internal sealed class Duplicates
{
    private const int Generation = 500;

    private readonly Lock changing = new();
    private HashSet<UInt128>? current;
    private HashSet<UInt128>? previous;

    /// <summary>Whether it came before; if not, it is remembered.</summary>
    public bool Contains(Signal signal)
    {
        if (signal.Id.Length == 0)
        {
            return false;
        }

        var name = NameOf(signal);
        lock (changing)
        {
            if (previous?.Contains(name) == true)
            {
                return true;
            }

            current ??= [];
            if (!current.Add(name))
            {
                return true;
            }

            if (current.Count == Generation)
            {
                (current, previous) = (previous, current);
                current?.Clear();
            }

            return false;
        }
    }

    /// <summary>Whether it came before.</summary>
    public bool Knows(Signal signal)
    {
        if (signal.Id.Length == 0)
        {
            return false;
        }

        var name = NameOf(signal);
        lock (changing)
        {
            return previous?.Contains(name) == true || current?.Contains(name) == true;
        }
    }

    // Ids are chosen by their senders, and nobody may silence somebody else's: hence a hash without known collisions.
    private static UInt128 NameOf(Signal signal)
    {
        var (kind, sender) = signal switch
        {
            { From: { } user } => ('u', user),
            { FromApplication: { } application } => ('a', application),
            { FromMember: { } member } => ('m', member),
            _ => ('s', ""),
        };
        var text = $"{kind}{sender}\0{signal.Id}";
        var bytes = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(text.Length));
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes.AsSpan(0, Encoding.UTF8.GetBytes(text, bytes)), hash);
        ArrayPool<byte>.Shared.Return(bytes);
        return BinaryPrimitives.ReadUInt128LittleEndian(hash);
    }
}
