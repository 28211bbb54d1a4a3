namespace SignalBroker.Bench.Systems;

/// <summary>The RabbitMQ of a system, and how its listeners speak to it.</summary>
/// <param name="Label">What the system's name ends with.</param>
/// <param name="Folder">Where it lies; null for the installed one.</param>
public sealed record Broker(string Label, string? Folder, NodeProtocol Protocol)
{
    // Set where a newer RabbitMQ has been made: its version, a space, and its folder.
    private static readonly string[]? Newest = Environment.GetEnvironmentVariable("NEWEST_RABBITMQ")?.Split(' ', 2);

    /// <summary>The installed one, by STOMP.</summary>
    public static Broker Installed { get; } = new("", null, NodeProtocol.Stomp);

    /// <summary>The newest one by each protocol; none where it was not made.</summary>
    public static IReadOnlyList<Broker> OfNewest { get; } =
        Newest is [var version, var folder]
            ?
            [
                new($", RabbitMQ {version} by STOMP", folder, NodeProtocol.Stomp),
                new($", RabbitMQ {version} by MQTT", folder, NodeProtocol.Mqtt),
            ]
            : [];

    /// <summary>Which RabbitMQ it is; asking rabbitmqctl would leave an epmd behind.</summary>
    public string Version =>
        Directory
            .GetDirectories($"{Folder}{(Folder is null ? "" : "/root")}/usr/lib/rabbitmq/lib", "rabbitmq_server-*")
            .Max()!
            .Split('-')[^1];

    /// <summary>Where clients listen at one of its nodes.</summary>
    public Uri AddressOf(LocalCluster.Node node) =>
        new(Protocol == NodeProtocol.Mqtt ? node.MqttAddress! : node.ListeningAddress);
}
