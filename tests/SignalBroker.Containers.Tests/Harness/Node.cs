using DotNet.Testcontainers.Images;
using Microsoft.Extensions.Logging.Abstractions;
using SignalBroker.LocalCluster;
using Testcontainers.RabbitMq;

namespace SignalBroker.Containers.Tests.Harness;

/// <summary>A RabbitMQ node in a container, with the configuration that every node has.</summary>
public sealed class Node : ContainedServer
{
    /// <summary>The name under which the container finds this machine, and the webapp on it.</summary>
    public const string Machine = "webapp";

    private const string Folder = "/etc/rabbitmq";
    private const string Everywhere = "0.0.0.0";
    private const string WebappUser = "signalbroker-webapp";
    private const string ManagementUser = "signalbroker-management";

    private const int Listening = 15674;
    private const int Mqtt = 15675;
    private const int Amqp = RabbitMqBuilder.RabbitMqPort;
    private const int Management = 15672;

    /// <summary>Describes a node.</summary>
    /// <param name="name">Its name under <c>Nodes:</c>.</param>
    /// <param name="brokerAccessPort">The port of this machine where it asks for access.</param>
    public Node(string name, int brokerAccessPort)
        : this(name, brokerAccessPort, Secrets.NewPassword()) { }

    private Node(string name, int brokerAccessPort, string managementPassword)
        : base(name, Build(name, brokerAccessPort, managementPassword))
    {
        ListeningAddress = $"ws://127.0.0.1:{Open(Listening)}/ws";
        AmqpAddress = $"amqp://{WebappUser}:{Secrets.NewPassword()}@127.0.0.1:{Open(Amqp)}/%2f";
        ManagementAddress = $"http://{ManagementUser}:{managementPassword}@127.0.0.1:{Open(Management)}/";
    }

    public string ListeningAddress { get; }

    public string AmqpAddress { get; }

    public string ManagementAddress { get; }

    /// <summary>Runs rabbitmqctl; what it printed.</summary>
    public Task<string> RunCtlAsync(params string[] arguments) => RunAsync(["rabbitmqctl", "--quiet", .. arguments]);

    private static RabbitMqContainer Build(string name, int brokerAccessPort, string managementPassword)
    {
        var builder = new RabbitMqBuilder(Images.RabbitMq)
            .WithPortBinding(Listening, assignRandomHostPort: true)
            .WithPortBinding(Management, assignRandomHostPort: true)
            .WithExtraHost(Machine, "host-gateway")
            .WithLogger(NullLogger.Instance);
        foreach (var (file, content) in Render(name, brokerAccessPort, managementPassword))
        {
            builder = builder.WithResourceMapping(content, $"{Folder}/{file}");
        }

        return builder.Build();
    }

    private static Dictionary<string, byte[]> Render(string name, int brokerAccessPort, string managementPassword)
    {
        var folder = Directory.CreateTempSubdirectory("signalbroker-");
        try
        {
            NodeConfiguration.Render(
                folder.FullName,
                Version.Parse(new DockerImage(Images.RabbitMq).Tag.Split('-')[0]),
                new Dictionary<string, string>
                {
                    ["NODE_NAME"] = name,
                    ["CONF_DIR"] = Folder,
                    ["LISTENING_IP"] = Everywhere,
                    ["LISTENING_PORT"] = $"{Listening}",
                    ["MQTT_PORT"] = $"{Mqtt}",
                    ["MQTT_TCP_PORT"] = "1883",
                    ["AMQP_IP"] = Everywhere,
                    ["AMQP_PORT"] = $"{Amqp}",
                    ["MANAGEMENT_IP"] = Everywhere,
                    ["MANAGEMENT_PORT"] = $"{Management}",
                    ["BROKER_ACCESS_ADDRESS"] = $"http://{Machine}:{brokerAccessPort}",
                    ["MANAGEMENT_USER"] = ManagementUser,
                    ["MANAGEMENT_PASSWORD_HASH"] = Secrets.HashForRabbitMq(managementPassword),
                }
            );
            return folder.EnumerateFiles().ToDictionary(file => file.Name, file => File.ReadAllBytes(file.FullName));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
