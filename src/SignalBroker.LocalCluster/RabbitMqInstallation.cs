namespace SignalBroker.LocalCluster;

/// <summary>Where the programs of one RabbitMQ lie.</summary>
internal sealed record RabbitMqInstallation(string Server)
{
    private const string Package = "/usr/lib/rabbitmq";
    private const string ServerName = "rabbitmq-server";

    public string Ctl => Path.Combine(Path.GetDirectoryName(Server)!, "rabbitmqctl");

    /// <summary>Finds the installation at a path: a folder of programs, their parent, or the server program itself.</summary>
    public static RabbitMqInstallation At(string? path)
    {
        path = Path.GetFullPath(path ?? Package);
        string[] candidates = [path, $"{path}/bin/{ServerName}", $"{path}/sbin/{ServerName}", $"{path}/{ServerName}"];
        return new RabbitMqInstallation(
            candidates.FirstOrDefault(File.Exists)
                ?? throw new PartFailedException(
                    $"There is no {ServerName} at {path}, nor in its folders bin and sbin."
                )
        );
    }
}
