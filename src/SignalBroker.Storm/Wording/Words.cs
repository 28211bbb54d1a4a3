using System.Text.RegularExpressions;

namespace SignalBroker.Storm.Wording;

/// <summary>Makes what programs have named or counted fit to be shown.</summary>
public static partial class Words
{
    /// <summary><c>roundTrip</c> becomes <c>round trip</c>.</summary>
    public static string Split(string name) => Hump().Replace(name, match => $" {match.Value.ToLowerInvariant()}");

    /// <summary>How many sessions there are by each protocol, such as <c>20 by MQTT, 3 by STOMP</c>.</summary>
    public static string Protocols(IReadOnlyDictionary<string, long> sessions) =>
        string.Join(
            ", ",
            sessions
                .OrderByDescending(protocol => protocol.Value)
                .Select(protocol => $"{Quantity.Count(protocol.Value)} by {protocol.Key.ToUpperInvariant()}")
        );

    /// <summary>Replaces what a terminal would take for commands.</summary>
    public static string Printable(string text) => Control().Replace(text, "?");

    [GeneratedRegex("(?<=[a-z])[A-Z]", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Hump();

    [GeneratedRegex(@"\p{C}", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Control();
}
