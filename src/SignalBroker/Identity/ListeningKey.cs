using System.Buffers.Text;
using System.Security.Cryptography;

namespace SignalBroker.Identity;

/// <summary>A session's public name: <c>s.</c> and 128 random bits in base64url (RFC 4648, section 5).</summary>
internal static class ListeningKey
{
    /// <summary>What every listening key begins with, so that none can equal the name of a broker's own user.</summary>
    public const string Prefix = "s.";

    /// <summary>The form of every listening key, as a regular expression.</summary>
    public const string Pattern = @"^s\.[A-Za-z0-9_-]{22}$";

    private const int RandomBytes = 16;

    /// <summary>The length of every listening key in characters.</summary>
    public static readonly int Length = Prefix.Length + Base64Url.GetEncodedLength(RandomBytes);

    /// <summary>Makes a key that nobody has seen before.</summary>
    public static string Create() => Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(RandomBytes));

    /// <summary>Whether the text has a listening key's form; whether such a session exists is another question.</summary>
    public static bool IsWellFormed(ReadOnlySpan<char> text) =>
        text.Length == Length
        && text.StartsWith(Prefix, StringComparison.Ordinal)
        && Base64Url.IsValid(text[Prefix.Length..], out var decoded)
        && decoded == RandomBytes;
}
