using System.Text.RegularExpressions;

namespace SignalBroker.Storm.Wording;

/// <summary>Makes names that programs chose fit to be shown.</summary>
public static partial class Words
{
    /// <summary><c>roundTrip</c> becomes <c>round trip</c>.</summary>
    public static string Split(string name) => Hump().Replace(name, match => $" {match.Value.ToLowerInvariant()}");

    /// <summary>Replaces what a terminal would take for commands.</summary>
    public static string Printable(string text) => Control().Replace(text, "?");

    [GeneratedRegex("(?<=[a-z])[A-Z]", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Hump();

    [GeneratedRegex(@"\p{C}", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Control();
}
