using System.Security.Cryptography;
using SignalBroker.Text;

namespace SignalBroker.Identity;

/// <summary>The ids of rooms and their members, join codes, and the rules for aliases.</summary>
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
    private const int JoinCodeLength = 10;

    // People read codes to each other: no letters and digits that look alike.
    private const string JoinCodeCharacters = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

    /// <summary>A new room's id: <c>r.</c> and 128 random bits in base64url.</summary>
    public static string NewRoom() => RandomName.Create(RoomPrefix);

    /// <summary>A new member's id: <c>m.</c> and 128 random bits in base64url.</summary>
    public static string NewMember() => RandomName.Create(MemberPrefix);

    /// <summary>A new join code: 50 random bits.</summary>
    public static string NewJoinCode() => RandomNumberGenerator.GetString(JoinCodeCharacters, JoinCodeLength);

    /// <summary>Whether the text has the form of a room's id.</summary>
    public static bool IsRoom(ReadOnlySpan<char> text) => RandomName.Is(RoomPrefix, text);

    /// <summary>Whether the text has the form of a member's id.</summary>
    public static bool IsMember(ReadOnlySpan<char> text) => RandomName.Is(MemberPrefix, text);

    /// <summary>Whether the text may be an alias or a title.</summary>
    public static bool IsAlias(string text) =>
        UnicodeText.IsWithin(text, MaxAliasLength)
        && !text.Any(char.IsControl)
        && text.Trim() == text
        && KeyOf(text).Length > 0;

    /// <summary>A key that is the same for names that people would confuse.</summary>
    public static string KeyOf(string name) => UnicodeText.ToAppearance(name);
}
