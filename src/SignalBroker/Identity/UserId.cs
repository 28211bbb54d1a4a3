using System.Buffers;
using System.Globalization;
using System.Text;
using SignalBroker.Text;

namespace SignalBroker.Identity;

/// <summary>The rules for the names of users and devices.</summary>
/// <remarks>
/// Token issuers chose their names long ago: <c>auth0|…</c>, <c>CORP\jane</c>, <c>https://id/u/1</c>, <c>o'brien@…</c>,
/// <c>Jürgen</c>. What is not allowed would break a list (commas), an announcement (white space), a path that is
/// decoded twice (percent signs) or a page that forgets to escape (quotation marks and angle brackets), or is
/// invisible.
/// </remarks>
internal static class UserId
{
    /// <summary>The rule in words, for error messages, also within quotation marks in a header.</summary>
    public const string Rule = "1 to 255 characters, " + Characters;

    /// <summary>The rule for a device in words.</summary>
    public const string DeviceRule = "1 to 64 characters, " + Characters;

    /// <summary>The rule for ids with which the original project's pages can log in, in words.</summary>
    public const string PlainRule = "1 to 128 characters, each a letter A-Z or a-z, a digit or one of . _ ~ @ + : -";

    /// <summary>How many characters (code points) an id may have, as a subject of OpenID Connect Core (section 2).</summary>
    public const int MaxLength = 255;

    /// <summary>How many characters (code points) a device may have.</summary>
    public const int MaxDeviceLength = 64;

    /// <summary>What the ids that the server makes begin with.</summary>
    public const string AnonymousPrefix = "anonymous.";

    private const string Characters =
        "each a letter, an accent or a digit of any script or an ASCII sign other than comma, percent, double quote and "
        + "angle brackets";

    private const int MaxPlainLength = 128;

    private static readonly SearchValues<char> Plain = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~@+:-"
    );

    private static readonly SearchValues<char> Ascii = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~@+:-!#$&'()*/;=?[\\]^`{|}"
    );

    /// <summary>The text as a user id, in NFC; null if it breaks the rule.</summary>
    public static string? Read(string text) => Read(text, MaxLength);

    /// <summary>The text as a device, in NFC; null if it breaks the rule.</summary>
    public static string? ReadDevice(string text) => Read(text, MaxDeviceLength);

    /// <summary>Whether an original page can log in to a broker with this user id.</summary>
    public static bool IsPlain(ReadOnlySpan<char> text) =>
        text.Length is > 0 and <= MaxPlainLength && !text.ContainsAnyExcept(Plain);

    /// <summary>Makes an id for a user who gave none.</summary>
    public static string CreateAnonymous() => RandomName.Create(AnonymousPrefix);

    private static string? Read(string text, int longest)
    {
        if (!text.AsSpan().ContainsAnyExcept(Ascii))
        {
            return text.Length > 0 && text.Length <= longest ? text : null;
        }

        // NFC makes one character of at most four; anything longer is too long.
        if (text.Length > 4 * longest || !text.EnumerateRunes().All(IsAllowed))
        {
            return null;
        }

        var name = UnicodeText.ToNfc(text);
        return UnicodeText.IsWithin(name, longest) ? name : null;
    }

    private static bool IsAllowed(Rune character) =>
        character.IsAscii
            ? Ascii.Contains((char)character.Value)
            : (
                Rune.IsLetter(character)
                || Rune.GetUnicodeCategory(character)
                    is UnicodeCategory.NonSpacingMark
                        or UnicodeCategory.SpacingCombiningMark
                        or UnicodeCategory.DecimalDigitNumber
            ) && !UnicodeText.IsInvisible(character.Value);
}
