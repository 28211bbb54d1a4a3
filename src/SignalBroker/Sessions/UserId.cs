using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;

namespace SignalBroker.Sessions;

/// <summary>The rules for the names of users and devices.</summary>
public static class UserId
{
    /// <summary>The rule in words, for error messages and the documentation.</summary>
    public const string Rule = "1 to 128 characters, each a letter A-Z or a-z, a digit or one of . _ ~ @ + : -";

    /// <summary>The rule for a device in words.</summary>
    public const string DeviceRule = "1 to 64 characters of the same set as a user id";

    /// <summary>How the ids begin that the server makes.</summary>
    public const string AnonymousPrefix = "anonymous.";

    private const int Longest = 128;
    private const int LongestDevice = 64;

    // No white space: the sessions' change announcements separate names with it.
    private static readonly SearchValues<char> Allowed = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~@+:-"
    );

    /// <summary>Whether the text may name a user.</summary>
    public static bool IsValid(ReadOnlySpan<char> text) =>
        text.Length is > 0 and <= Longest && !text.ContainsAnyExcept(Allowed);

    /// <summary>Whether the text may name a device.</summary>
    public static bool IsValidDevice(ReadOnlySpan<char> text) =>
        text.Length is > 0 and <= LongestDevice && !text.ContainsAnyExcept(Allowed);

    /// <summary>Makes a name for a user who gave none.</summary>
    public static string CreateAnonymous() =>
        AnonymousPrefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16));
}
