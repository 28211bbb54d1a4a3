using System.Text.RegularExpressions;

namespace SignalBroker.LocalCluster;

/// <summary>Renders the files of rabbitmq-conf/ as <c>envsubst</c> would, but a missing value is an error.</summary>
internal static partial class NodeConfiguration
{
    private static readonly string[] Files =
    [
        "rabbitmq.conf",
        "rabbitmq-env.conf",
        "advanced.config",
        "enabled_plugins",
        "definitions.json",
    ];

    public static void Render(string folder, IReadOnlyDictionary<string, string> values)
    {
        foreach (var file in Files)
        {
            var template = File.ReadAllText(Path.Combine(Repository.NodeConfiguration, file));
            var text = Placeholder()
                .Replace(
                    template,
                    match =>
                        values.TryGetValue(match.Groups["name"].Value, out var value)
                            ? value
                            : throw new PartFailedException($"rabbitmq-conf/{file}: {match.Value} has no value.")
                );
            PrivateFiles.Write(folder, file, text);
        }
    }

    [GeneratedRegex(@"\$\{(?<name>[A-Z_]+)\}", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Placeholder();
}
