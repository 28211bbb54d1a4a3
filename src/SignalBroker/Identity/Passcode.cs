using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace SignalBroker.Identity;

/// <summary>A session's only secret: 256 random bits in base64url, of which only the SHA-256 is stored.</summary>
internal static class Passcode
{
    private const int RandomBytes = 32;

    public static string Create() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(RandomBytes));
}

/// <summary>The SHA-256 of a passcode, as a value that can be part of a dictionary's key.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct PasscodeHash
{
    /// <summary>In bytes.</summary>
    public const int Size = SHA256.HashSizeInBytes;

    private readonly ulong first;
    private readonly ulong second;
    private readonly ulong third;
    private readonly ulong fourth;

    private PasscodeHash(ReadOnlySpan<byte> hash)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(hash[..Size]);
        (first, second, third, fourth) = (words[0], words[1], words[2], words[3]);
    }

    /// <summary>Hashes a passcode that is given in ASCII bytes.</summary>
    public static PasscodeHash Of(ReadOnlySpan<byte> passcode)
    {
        Span<byte> hash = stackalloc byte[Size];
        SHA256.HashData(passcode, hash);
        return new(hash);
    }

    public static PasscodeHash Of(string passcode) => Of(Encoding.UTF8.GetBytes(passcode));

    /// <summary>The bytes as stored in the sessions table.</summary>
    public byte[] ToArray() => [.. MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>([first, second, third, fourth]))];

    /// <summary>Compares with a stored hash in a time that does not depend on where they differ.</summary>
    public bool Matches(ReadOnlySpan<byte> stored)
    {
        ReadOnlySpan<ulong> words = [first, second, third, fourth];
        return CryptographicOperations.FixedTimeEquals(MemoryMarshal.AsBytes(words), stored);
    }
}
