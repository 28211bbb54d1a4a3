using System.Collections.Frozen;
using ICU4N;
using ICU4N.Globalization;
using ICU4N.Text;

namespace SignalBroker.Text;

/// <summary>Unicode rules for texts that are names.</summary>
/// <remarks>
/// With <c>InvariantGlobalization</c>, <see cref="string.Normalize()"/> changes nothing. So ICU4N does it with tables
/// of its own, which are loaded (0.1 s, 10 MB) for the first name that needs them.
/// </remarks>
internal static class UnicodeText
{
    // Text with only earlier characters is normalized.
    private const char FirstCombining = '\u0300';

    // A selection of the confusable characters of UTS 39, in their folded forms: those of living scripts that share
    // fonts with Latin, as capitals or as small letters.
    private static readonly FrozenDictionary<char, char> Latin = new (char Latin, string LookAlikes)[]
    {
        ('a', "аα"),
        ('b', "вβ"),
        ('c', "с"),
        ('d', "ԁ"),
        ('e', "еε"),
        ('h', "нһη"),
        ('j', "јϳ"),
        ('k', "кκ"),
        ('l', "i1|ıіιӏ"),
        ('m', "мμ"),
        ('o', "0оο"),
        ('p', "рρ"),
        ('q', "ԛ"),
        ('s', "ѕ"),
        ('t', "тτ"),
        ('v', "ν"),
        ('w', "ԝ"),
        ('x', "хχ"),
        ('y', "уүυ"),
        ('z', "ζ"),
    }
        .SelectMany(pair => pair.LookAlikes, (pair, lookAlike) => (lookAlike, pair.Latin))
        .ToFrozenDictionary(pair => pair.lookAlike, pair => pair.Latin);

    /// <summary>A text's length in Unicode code points, which the documentation calls characters.</summary>
    public static int LengthOf(ReadOnlySpan<char> text)
    {
        var length = text.Length;
        foreach (var unit in text)
        {
            if (char.IsLowSurrogate(unit))
            {
                length--;
            }
        }

        return length;
    }

    /// <summary>Whether the text has at least one character and no more than <paramref name="longest"/>.</summary>
    public static bool IsWithin(ReadOnlySpan<char> text, int longest) =>
        text.Length > 0 && (text.Length <= longest || (text.Length <= 2 * longest && LengthOf(text) <= longest));

    /// <summary>The text in NFC, the form in which <c>ü</c> and <c>u</c> with <c>¨</c> are the same.</summary>
    public static string ToNfc(string text) =>
        text.AsSpan().ContainsAnyExceptInRange('\0', (char)(FirstCombining - 1))
            ? Normalizer2.NFCInstance.Normalize(text)
            : text;

    /// <summary>A form that is the same for texts that look the same to people; empty for an invisible text.</summary>
    /// <remarks>
    /// It ignores case, compatibility forms (full width, ligatures), invisible characters (NFKC_Casefold of Unicode,
    /// chapter 3.13) and the number of spaces, and replaces letters and digits by the Latin letters that they look
    /// like.
    /// </remarks>
    public static string ToAppearance(string text) =>
        string.Join(
            ' ',
            string.Concat(
                    Normalizer2.NFKCCaseFoldInstance.Normalize(text).Select(unit => Latin.GetValueOrDefault(unit, unit))
                )
                .Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
        );

    /// <summary>Whether a character is usually invisible, like a zero-width joiner or a filler.</summary>
    public static bool IsInvisible(int codePoint) =>
        UChar.HasBinaryProperty(codePoint, UProperty.Default_Ignorable_Code_Point);
}
