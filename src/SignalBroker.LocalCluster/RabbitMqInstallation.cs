using System.Text.RegularExpressions;

namespace SignalBroker.LocalCluster;

/// <summary>Where the programs of one RabbitMQ are.</summary>
internal sealed partial record RabbitMqInstallation(string Server)
{
    /// <summary>Names another RabbitMQ for every cluster of the process and its children, such as the tests'.</summary>
    private const string FolderVariable = "RABBITMQ_FOLDER";

    /// <summary>Where the installed package lies.</summary>
    public const string Package = "/usr/lib/rabbitmq";

    private const string ServerName = "rabbitmq-server";

    public string Ctl => Path.Combine(Path.GetDirectoryName(Server)!, "rabbitmqctl");

    /// <summary>Finds a node's installation.</summary>
    /// <param name="paths">
    /// One or several, of which each is a folder of programs, their parent, or the server program itself.
    /// </param>
    /// <param name="node">The number of the node among all, from 0 on.</param>
    public static RabbitMqInstallation Of(string? paths, int node)
    {
        var all = (paths ?? Environment.GetEnvironmentVariable(FolderVariable) ?? Package).Split(Path.PathSeparator);
        return At(all[node % all.Length]);
    }

    private static RabbitMqInstallation At(string path)
    {
        path = Path.GetFullPath(path);
        string[] candidates = [path, $"{path}/bin/{ServerName}", $"{path}/sbin/{ServerName}", $"{path}/{ServerName}"];
        return new RabbitMqInstallation(
            candidates.FirstOrDefault(File.Exists)
                ?? throw new PartFailedException(
                    $"There is no {ServerName} at {path}, nor in its folders bin and sbin."
                )
        );
    }

    /// <summary>The version, by the name of the server's folder, or else by what rabbitmqctl says.</summary>
    public async Task<Version> FindVersionAsync(
        string workingFolder,
        IReadOnlyDictionary<string, string> environment,
        CancellationToken cancellationToken
    )
    {
        var server = File.ResolveLinkTarget(Server, returnFinalTarget: true)?.FullName ?? Server;
        var version = VersionedFolder().Match(server) is { Success: true } match
            ? match.Groups["version"].Value
            : await ExternalProgram.RunAsync(Ctl, ["version"], workingFolder, environment, cancellationToken);
        return Version.TryParse(version.Trim(), out var parsed)
            ? parsed
            : throw new PartFailedException($"The version of {Server} is not known: {version}");
    }

    [GeneratedRegex(
        @"/rabbitmq_server-(?<version>\d+\.\d+\.\d+)/",
        RegexOptions.CultureInvariant,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex VersionedFolder();
}
