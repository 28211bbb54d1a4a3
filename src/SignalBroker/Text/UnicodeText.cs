using System.Collections.Frozen;
using ICU4N;
using ICU4N.Globalization;
using ICU4N.Text;

namespace SignalBroker.Text;

/// <summary>What Unicode says of texts that are names.</summary>
/// <remarks>
/// With <c>InvariantGlobalization</c> .NET takes every text for normalized, and <see cref="string.Normalize()"/> changes
/// nothing; so ICU4N does it, which carries its own tables. They are loaded (0.1 s, 10 MB) for the first name that needs them.
/// </remarks>
internal static class UnicodeText
{
    // A text of earlier characters only is normalized.
    private const char FirstCombining = '\u0300';

    // A selection of the confusable characters of UTS 39, in their folded forms: those of the living scripts that are next to
    // Latin in a font, as capitals or as small letters.
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

    /// <summary>How long a text is in Unicode code points, the unit of every length that is documented in characters.</summary>
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

    /// <summary>Whether the text has at least one character and no more than so many.</summary>
    public static bool IsWithin(ReadOnlySpan<char> text, int longest) =>
        text.Length > 0 && (text.Length <= longest || (text.Length <= 2 * longest && LengthOf(text) <= longest));

    /// <summary>The text in NFC, the form in which <c>ü</c> and <c>u</c> with <c>¨</c> are the same.</summary>
    public static string ToNfc(string text) =>
        text.AsSpan().ContainsAnyExceptInRange('\0', (char)(FirstCombining - 1))
            ? Normalizer2.NFCInstance.Normalize(text)
            : text;

    /// <summary>What texts have in common that people take for the same one; empty for a text that nobody sees.</summary>
    /// <remarks>
    /// Letters of any case, compatible forms (full width, ligatures) and what can't be seen count for nothing, nor do several
    /// spaces (NFKC_Casefold of Unicode, chapter 3.13); and a letter or digit is the Latin letter that it looks like.
    /// </remarks>
    public static string ToAppearance(string text) =>
        string.Join(
            ' ',
            string.Concat(
                    Normalizer2.NFKCCaseFoldInstance.Normalize(text).Select(unit => Latin.GetValueOrDefault(unit, unit))
                )
                .Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
        );

    /// <summary>Whether a character is not to be seen where it is not expected, as a zero-width joiner or a filler.</summary>
    public static bool IsInvisible(int codePoint) =>
        UChar.HasBinaryProperty(codePoint, UProperty.Default_Ignorable_Code_Point);
}
