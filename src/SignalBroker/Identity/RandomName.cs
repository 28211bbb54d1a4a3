using System.Buffers.Text;
using System.Security.Cryptography;

namespace SignalBroker.Identity;

/// <summary>Names that nobody can guess: a prefix and 128 random bits in base64url (RFC 4648, section 5).</summary>
internal static class RandomName
{
    private const int RandomBytes = 16;

    /// <summary>How many characters follow the prefix.</summary>
    public static readonly int Length = Base64Url.GetEncodedLength(RandomBytes);

    public static string Create(string prefix) =>
        prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(RandomBytes));

    /// <summary>Whether the text has the form of such a name.</summary>
    public static bool Is(string prefix, ReadOnlySpan<char> text) =>
        text.Length == prefix.Length + Length
        && text.StartsWith(prefix, StringComparison.Ordinal)
        && Base64Url.IsValid(text[prefix.Length..], out var decoded)
        && decoded == RandomBytes;
}
