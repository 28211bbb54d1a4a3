using System.Text;

namespace SignalBroker.Identity;

/// <summary>A session's credential: its listening key and the hash of its passcode.</summary>
internal readonly record struct Credential(string ListeningKey, PasscodeHash PasscodeHash)
{
    /// <summary>
    /// The challenge of a 401. Not <c>Basic</c>, although the credential is sent that way: a browser that reads
    /// <c>Basic</c> here opens a password box.
    /// </summary>
    public const string Challenge = "SignalBroker realm=\"signals\"";

    private const string Scheme = "Basic ";
    private const int MaxPair = 128;

    /// <summary>Reads <c>Basic base64(listeningKey:passcode)</c> (RFC 7617); null if it is something else.</summary>
    public static Credential? Parse(string header)
    {
        Span<byte> room = stackalloc byte[MaxPair];
        return ReadKey(header, room, out var passcode) is { } key ? new(key, PasscodeHash.Of(passcode)) : null;
    }

    /// <summary>Reads the same with the passcode itself, for logging in to a node.</summary>
    public static (Credential Credential, string Passcode)? ParseWithPasscode(string header)
    {
        Span<byte> room = stackalloc byte[MaxPair];
        return ReadKey(header, room, out var passcode) is { } key
            ? (new(key, PasscodeHash.Of(passcode)), Encoding.ASCII.GetString(passcode))
            : null;
    }

    private static string? ReadKey(string header, Span<byte> room, out ReadOnlySpan<byte> passcode)
    {
        passcode = default;
        if (!header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var encoded = header.AsSpan(Scheme.Length).Trim();
        if (encoded.Length > MaxPair || !Convert.TryFromBase64Chars(encoded, room, out var length))
        {
            return null;
        }

        var pair = room[..length];
        var colon = pair.IndexOf((byte)':');
        if (colon < 0 || !Ascii.IsValid(pair))
        {
            return null;
        }

        Span<char> key = stackalloc char[colon];
        Encoding.ASCII.GetChars(pair[..colon], key);
        passcode = pair[(colon + 1)..];
        return Identity.ListeningKey.IsWellFormed(key) ? key.ToString() : null;
    }
}
