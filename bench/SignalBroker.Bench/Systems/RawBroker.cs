using System.Security.Cryptography;
using SignalBroker.Bench.Wire;
using SignalBroker.LocalCluster;

namespace SignalBroker.Bench.Systems;

/// <summary>
/// RabbitMQ alone, configured as a SignalBroker node: AMQP publishes, pipelined and confirmed, to the listeners' queues.
/// </summary>
/// <remarks>The node's four questions about each login are answered by a bare Kestrel that allows everything.</remarks>
public sealed class RawBroker : ISystem
{
    private readonly ServerGroup helpers;
    private readonly Cluster cluster;
    private readonly AmqpPublisher publisher;
    private readonly Broker broker;

    private RawBroker(ServerGroup helpers, Server allowAll, Cluster cluster, AmqpPublisher publisher, Broker broker)
    {
        (this.helpers, this.cluster, this.publisher, this.broker) = (helpers, cluster, publisher, broker);
        Parts = [new("broker", cluster.Nodes[0], HoldsListeners: true), new("allow-all", allowAll)];
    }

    public string Name => "raw broker" + broker.Label;

    public IReadOnlyList<SystemPart> Parts { get; }

    /// <summary>So many publishes wait for their confirm; more does not make the broker faster.</summary>
    public int Senders => 256;

    public bool Answers => true;

    public Arrivals Arrivals { get; } = new();

    /// <summary>Starts the node and the one who allows everything.</summary>
    public static async Task<ISystem> StartAsync(Broker broker, CancellationToken cancellationToken)
    {
        var others = new ServerGroup();
        Cluster? node = null;
        try
        {
            var allowAll = others.Add(
                "allow-all",
                port => new("dotnet", typeof(RawBroker).Assembly.Location, AllowAll.Command, port.ToString())
            );
            await allowAll.StartAsync(cancellationToken);
            node = await Cluster.StartAsync(
                new ClusterOptions
                {
                    Nodes = 1,
                    Webapps = 0,
                    RabbitMq = broker.Folder,
                    BrokerAccessAddress = $"http://127.0.0.1:{allowAll.Port}",
                },
                cancellationToken
            );
            var amqp = await AmqpPublisher.OpenAsync(new Uri(node.Nodes[0].AmqpAddress), cancellationToken);
            return new RawBroker(others, allowAll, node, amqp, broker);
        }
        catch
        {
            await others.DisposeAsync();
            await (node?.DisposeAsync() ?? ValueTask.CompletedTask);
            throw;
        }
    }

    public async Task<IClient> ListenAsync(int number, CancellationToken cancellationToken)
    {
        // As long as SignalBroker's own, and under the policy for its sessions.
        var client = new Client(
            Arrivals,
            publisher,
            broker.Protocol,
            $"s.{RandomNumberGenerator.GetHexString(26, lowercase: true)}",
            RandomNumberGenerator.GetHexString(43)
        );
        await client.ListenAsync(broker.AddressOf(cluster.Nodes[0]), cancellationToken);
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        await publisher.DisposeAsync();
        await cluster.DisposeAsync();
        await helpers.DisposeAsync();
    }

    private sealed class Client(
        Arrivals arrivals,
        AmqpPublisher publisher,
        NodeProtocol protocol,
        string key,
        string passcode
    ) : NodeClient(arrivals, protocol, key, passcode)
    {
        private readonly Answer confirm = new();

        public override string Address { get; } = protocol.QueueOf(key);

        public override ValueTask<bool> SendAsync(IClient to, Signal signal) =>
            publisher.PublishAsync(to.Address, signal.Content, confirm);
    }
}
