using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace SignalBroker.Client.Listening;

/// <summary>Recognizes duplicates by sender and id, among at least the last 500 signals and at most 1,000.</summary>
/// <remarks>It takes 16 bytes for each, and none in a client that has received nothing.</remarks>
internal sealed class Duplicates
{
    private const int Generation = 500;

    private readonly Lock changing = new();
    private HashSet<UInt128>? current;
    private HashSet<UInt128>? previous;

    /// <summary>Whether it came before; if not, it is remembered.</summary>
    public bool Contains(Signal signal) => Contains(signal, remembers: true);

    public bool Knows(Signal signal) => Contains(signal, remembers: false);

    private bool Contains(Signal signal, bool remembers)
    {
        if (signal.Id.Length == 0)
        {
            return false;
        }

        var name = NameOf(signal);
        lock (changing)
        {
            if (previous?.Contains(name) == true || current?.Contains(name) == true)
            {
                return true;
            }

            if (remembers)
            {
                (current ??= []).Add(name);
                if (current.Count == Generation)
                {
                    (current, previous) = (previous, current);
                    current?.Clear();
                }
            }

            return false;
        }
    }

    // Senders choose ids, and none may suppress another's signals: hence a hash without known collisions.
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
