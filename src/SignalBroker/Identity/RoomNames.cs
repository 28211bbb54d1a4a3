using System.Buffers.Text;
using System.Security.Cryptography;
using SignalBroker.Rooms;
using SignalBroker.Text;

namespace SignalBroker.Identity;

/// <summary>The names that the server gives to rooms and their members, and the codes that let users in.</summary>
internal static class RoomNames
{
    /// <summary>The rule for a member's alias and for a room's title, in words.</summary>
    public const string AliasRule =
        "1 to 64 characters, at least one that can be seen and none of them a control character";

    /// <summary>How many characters (code points) an alias or a title may have.</summary>
    public const int MaxAliasLength = 64;

    /// <summary>The form of a room's id, as a regular expression.</summary>
    public const string RoomPattern = @"^r\.[A-Za-z0-9_-]{22}$";

    /// <summary>The form of a member's id, as a regular expression.</summary>
    public const string MemberPattern = @"^m\.[A-Za-z0-9_-]{22}$";

    private const string RoomPrefix = "r.";
    private const string MemberPrefix = "m.";
    private const int RandomBytes = 16;
    private const int JoinCodeLength = 10;

    // People read codes to each other: no letter and digit that look alike.
    private const string JoinCodeCharacters = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

    /// <summary>A new room's id: <c>r.</c> and 128 random bits in base64url.</summary>
    public static string NewRoom() => New(RoomPrefix);

    /// <summary>A new member's id: <c>m.</c> and 128 random bits in base64url. It tells nothing of the user.</summary>
    public static string NewMember() => New(MemberPrefix);

    /// <summary>A new join code: 50 random bits.</summary>
    public static string NewJoinCode() => RandomNumberGenerator.GetString(JoinCodeCharacters, JoinCodeLength);

    /// <summary>Whether the text has the form of a room's id.</summary>
    public static bool IsRoom(ReadOnlySpan<char> text) => Is(RoomPrefix, text);

    /// <summary>Whether the text has the form of a member's id.</summary>
    public static bool IsMember(ReadOnlySpan<char> text) => Is(MemberPrefix, text);

    /// <summary>Whether the text may be an alias or a title.</summary>
    public static bool IsAlias(string text) =>
        UnicodeText.IsWithin(text, MaxAliasLength)
        && !text.Any(char.IsControl)
        && text.Trim() == text
        && KeyOf(text).Length > 0;

    /// <summary>What two names have in common that a room's members would take for each other.</summary>
    public static string KeyOf(string name) => UnicodeText.ToAppearance(name);

    private static string New(string prefix) =>
        prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(RandomBytes));

    private static bool Is(string prefix, ReadOnlySpan<char> text) =>
        text.StartsWith(prefix, StringComparison.Ordinal)
        && Base64Url.IsValid(text[prefix.Length..], out var decoded)
        && decoded == RandomBytes
        && text.Length == prefix.Length + Base64Url.GetEncodedLength(RandomBytes);
}
