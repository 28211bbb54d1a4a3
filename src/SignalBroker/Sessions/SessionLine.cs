using System.Buffers;

namespace SignalBroker.Sessions;

/// <summary>The secret that the sessions of one client have in common, over reconnects and reloads.</summary>
internal static class SessionLine
{
    /// <summary>What a line must be, for an error's sentence.</summary>
    public const string Rule = "22 to 64 characters of A-Z a-z 0-9 - _";

    /// <summary>The same as a regular expression.</summary>
    public const string Pattern = "^[A-Za-z0-9_-]{22,64}$";

    // 128 random bits in base64url.
    private const int Shortest = 22;
    private const int Longest = 64;

    private static readonly SearchValues<char> Allowed = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    );

    /// <summary>Whether nobody can have guessed it, as far as its length tells.</summary>
    public static bool IsValid(string line) =>
        line.Length is >= Shortest and <= Longest && !line.AsSpan().ContainsAnyExcept(Allowed);
}
