using System.Text.RegularExpressions;

namespace SignalBroker.LocalCluster;

/// <summary>Renders the files of rabbitmq-conf/ for one RabbitMQ as scripts/render-node-conf does.</summary>
public static partial class NodeConfiguration
{
    private const string Main = "rabbitmq.conf";

    // Copied as it is: a program, and no template.
    private const string Guard = "socket_guard.erl";

    private static readonly string[] Files =
    [
        Main,
        "rabbitmq-env.conf",
        "advanced.config",
        "enabled_plugins",
        "definitions.json",
        "socket_guard.start",
    ];

    /// <summary>Writes all files into a folder.</summary>
    /// <param name="folder">Where they are written.</param>
    /// <param name="version">The RabbitMQ that reads them.</param>
    /// <param name="values">A value for each placeholder of rabbitmq-conf/README.md.</param>
    /// <exception cref="PartFailedException">A placeholder has no value.</exception>
    public static void Render(string folder, Version version, IReadOnlyDictionary<string, string> values)
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
            PrivateFiles.Write(folder, file, file == Main ? text + SettingsSince(version) : text);
        }

        PrivateFiles.Write(folder, Guard, File.ReadAllText(Path.Combine(Repository.NodeConfiguration, Guard)));
    }

    // Each RabbitMQ refuses to start with a key that it does not know.
    private static string SettingsSince(Version version) =>
        string.Concat(
            Directory
                .EnumerateFiles(Repository.NodeConfiguration, "rabbitmq-from-*.conf")
                .Order(StringComparer.Ordinal)
                .Where(file => Version.Parse(FromVersion().Match(file).Groups["version"].Value) <= version)
                .Select(File.ReadAllText)
        );

    [GeneratedRegex(@"\$\{(?<name>[A-Z_]+)\}", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Placeholder();

    [GeneratedRegex(@"from-(?<version>[\d.]+)\.conf$", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex FromVersion();
}
