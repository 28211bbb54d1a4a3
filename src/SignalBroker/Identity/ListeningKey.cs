namespace SignalBroker.Identity;

/// <summary>A session's public name: <c>s.</c> and 128 random bits in base64url (RFC 4648, section 5).</summary>
internal static class ListeningKey
{
    /// <summary>What every listening key begins with, so that none can be a node's own user.</summary>
    public const string Prefix = "s.";

    /// <summary>The form of every listening key, as a regular expression.</summary>
    public const string Pattern = @"^s\.[A-Za-z0-9_-]{22}$";

    /// <summary>The length of every listening key in characters.</summary>
    public static readonly int Length = Prefix.Length + RandomName.Length;

    public static string Create() => RandomName.Create(Prefix);

    /// <summary>Whether the text has the form of a listening key, of a session that may not exist.</summary>
    public static bool IsWellFormed(ReadOnlySpan<char> text) => RandomName.Is(Prefix, text);
}
