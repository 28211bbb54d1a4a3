using System.Text.RegularExpressions;

namespace SignalBroker.Storm.Wording;

/// <summary>How names that programs gave are shown to people.</summary>
public static partial class Words
{
    /// <summary><c>roundTrip</c> becomes <c>round trip</c>.</summary>
    public static string Split(string name) => Hump().Replace(name, match => $" {match.Value.ToLowerInvariant()}");

    /// <summary>Without what a terminal would obey.</summary>
    public static string Printable(string text) => Control().Replace(text, "?");

    [GeneratedRegex("(?<=[a-z])[A-Z]", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Hump();

    [GeneratedRegex(@"\p{C}", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Control();
}
