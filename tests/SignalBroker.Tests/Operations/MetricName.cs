using System.Text.RegularExpressions;

namespace SignalBroker.Tests.Operations;

/// <summary>The names of metrics in a query.</summary>
internal static partial class MetricName
{
    public static IEnumerable<string> In(string query) =>
        Selector().Matches(query).Select(found => found.Groups["name"].Value);

    [GeneratedRegex(@"(?<name>[a-z_]+)\{", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Selector();
}
