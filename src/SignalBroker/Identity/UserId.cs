using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using SignalBroker.Text;

namespace SignalBroker.Identity;

/// <summary>The rules for the names of users and devices.</summary>
/// <remarks>
/// Whoever issues tokens has chosen the names long ago: <c>auth0|…</c>, <c>CORP\jane</c>, <c>https://id/u/1</c>,
/// <c>o'brien@…</c>, <c>Jürgen</c>. What is left out would break a list (the comma), an announcement (white space), a path that is
/// decoded twice (the percent sign) or a page that forgets to escape (quotation marks and angle brackets), or can't be seen.
/// </remarks>
internal static class UserId
{
    /// <summary>The rule in words, for error messages; it may stand in a header, in quotation marks.</summary>
    public const string Rule = "1 to 255 characters, " + Characters;

    /// <summary>The rule for a device in words.</summary>
    public const string DeviceRule = "1 to 64 characters, " + Characters;

    /// <summary>The rule for a user id that the original project's pages can log in with, in words.</summary>
    public const string PlainRule = "1 to 128 characters, each a letter A-Z or a-z, a digit or one of . _ ~ @ + : -";

    /// <summary>How many characters (code points) an id may have, as a subject of OpenID Connect Core (section 2).</summary>
    public const int MaxLength = 255;

    /// <summary>How many characters (code points) a device may have.</summary>
    public const int MaxDeviceLength = 64;

    /// <summary>How the ids begin that the server makes.</summary>
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

    /// <summary>The user that the text names, in NFC; null when it can't name any.</summary>
    public static string? Read(string text) => Read(text, MaxLength);

    /// <summary>The device that the text names, in NFC; null when it can't name any.</summary>
    public static string? ReadDevice(string text) => Read(text, MaxDeviceLength);

    /// <summary>Whether an original page can log in to a broker with this user id.</summary>
    public static bool IsPlain(ReadOnlySpan<char> text) =>
        text.Length is > 0 and <= MaxPlainLength && !text.ContainsAnyExcept(Plain);

    /// <summary>Makes a name for a user who gave none.</summary>
    public static string CreateAnonymous() =>
        AnonymousPrefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16));

    private static string? Read(string text, int longest)
    {
        if (!text.AsSpan().ContainsAnyExcept(Ascii))
        {
            return text.Length > 0 && text.Length <= longest ? text : null;
        }

        // NFC makes no more than one character of four; what is longer is not worth the work.
        if (text.Length > 4 * longest || !AreAllowed(text))
        {
            return null;
        }

        var name = UnicodeText.ToNfc(text);
        return UnicodeText.IsWithin(name, longest) ? name : null;
    }

    private static bool AreAllowed(string text)
    {
        foreach (var character in text.EnumerateRunes())
        {
            if (character.IsAscii ? !Ascii.Contains((char)character.Value) : !IsAllowed(character))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsAllowed(Rune character) =>
        Rune.GetUnicodeCategory(character)
            is UnicodeCategory.UppercaseLetter
                or UnicodeCategory.LowercaseLetter
                or UnicodeCategory.TitlecaseLetter
                or UnicodeCategory.ModifierLetter
                or UnicodeCategory.OtherLetter
                or UnicodeCategory.NonSpacingMark
                or UnicodeCategory.SpacingCombiningMark
                or UnicodeCategory.DecimalDigitNumber
        && !UnicodeText.IsInvisible(character.Value);
}
