using System.Text.RegularExpressions;

namespace SignalBroker.LocalCluster;

/// <summary>Renders the files of rabbitmq-conf/ for one RabbitMQ as scripts/render-node-conf does.</summary>
public static partial class NodeConfiguration
{
    private const string Main = "rabbitmq.conf";

    // Before the version from which on a folder's files count.
    private const string Since = "from-";

    // Copied as they are.
    private static readonly string[] Programs = ["session_access.erl", "socket_guard.erl"];

    private static readonly string[] Files =
    [
        Main,
        "rabbitmq-env.conf",
        "advanced.config",
        "enabled_plugins",
        "definitions.json",
        "programs.start",
    ];

    /// <summary>Writes all files into a folder.</summary>
    /// <param name="folder">Where they are written.</param>
    /// <param name="version">The RabbitMQ that reads them.</param>
    /// <param name="values">A value for each placeholder of rabbitmq-conf/README.md.</param>
    /// <exception cref="PartFailedException">A placeholder has no value.</exception>
    public static void Render(string folder, Version version, IReadOnlyDictionary<string, string> values)
    {
        string[] folders = [Repository.NodeConfiguration, .. FoldersSince(version)];
        foreach (var file in Files)
        {
            var found = folders.Select(each => Path.Combine(each, file)).Where(File.Exists).ToArray();
            // Each RabbitMQ refuses to start with a key that it does not know. Other files can't be added to.
            var templates = file == Main ? found : found[^1..];
            PrivateFiles.Write(folder, file, string.Concat(templates.Select(template => Fill(template, values))));
        }

        foreach (var program in Programs)
        {
            PrivateFiles.Write(folder, program, File.ReadAllText(Path.Combine(Repository.NodeConfiguration, program)));
        }
    }

    private static string Fill(string template, IReadOnlyDictionary<string, string> values) =>
        Placeholder()
            .Replace(
                File.ReadAllText(template),
                match =>
                    values.TryGetValue(match.Groups["name"].Value, out var value)
                        ? value
                        : throw new PartFailedException($"{template}: {match.Value} has no value.")
            );

    private static IEnumerable<string> FoldersSince(Version version) =>
        Directory
            .EnumerateDirectories(Repository.NodeConfiguration, $"{Since}*")
            .Select(folder => (Folder: folder, Version: Version.Parse(Path.GetFileName(folder)[Since.Length..])))
            .Where(found => found.Version <= version)
            .OrderBy(found => found.Version)
            .Select(found => found.Folder);

    [GeneratedRegex(@"\$\{(?<name>[A-Z_]+)\}", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Placeholder();
}
