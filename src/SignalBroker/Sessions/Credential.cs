using System.Buffers.Text;
using System.Text;

namespace SignalBroker.Sessions;

/// <summary>What a session proves itself with: its listening key and the hash of its passcode.</summary>
public readonly record struct Credential(string ListeningKey, PasscodeHash PasscodeHash)
{
    /// <summary>
    /// The challenge of a 401. Not <c>Basic</c>, although the credential is sent that way: a browser that reads
    /// <c>Basic</c> here opens a password box.
    /// </summary>
    public const string Challenge = "SignalBroker realm=\"signals\"";

    private const string Scheme = "Basic ";
    private const int LongestPair = 128;

    /// <summary>Reads <c>Authorization: Basic base64(listeningKey:passcode)</c> (RFC 7617); null when it is not that.</summary>
    public static Credential? Parse(string header)
    {
        if (!header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        Span<byte> pair = stackalloc byte[LongestPair];
        var encoded = header.AsSpan(Scheme.Length).Trim();
        if (encoded.Length > LongestPair || !Convert.TryFromBase64Chars(encoded, pair, out var length))
        {
            return null;
        }

        pair = pair[..length];
        var colon = pair.IndexOf((byte)':');
        if (colon < 0 || !Ascii.IsValid(pair))
        {
            return null;
        }

        Span<char> key = stackalloc char[colon];
        Encoding.ASCII.GetChars(pair[..colon], key);
        return Sessions.ListeningKey.IsWellFormed(key)
            ? new(key.ToString(), PasscodeHash.Of(pair[(colon + 1)..]))
            : null;
    }
}
