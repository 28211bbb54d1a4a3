namespace SignalBroker.Containers.Tests.Harness;

/// <summary>What the containers are made of: official images, or what scripts/with-containers says.</summary>
internal static class Images
{
    /// <summary>RabbitMQ; the tag begins with the version, for which the node's configuration is rendered.</summary>
    public static string RabbitMq => Named("CONTAINERS_RABBITMQ_IMAGE") ?? "rabbitmq:4.3-management";

    public static string PostgreSql => Named("CONTAINERS_POSTGRES_IMAGE") ?? "postgres:15";

    /// <summary>What has HAProxy, coturn, Prometheus and what SignalBroker's programs need; null for official images.</summary>
    public static string? Servers => Named("CONTAINERS_SERVERS_IMAGE");

    /// <summary>Why no container can run here; null where one can.</summary>
    public static string? Missing => Named("CONTAINERS_MISSING");

    private static string? Named(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value : null;
}
