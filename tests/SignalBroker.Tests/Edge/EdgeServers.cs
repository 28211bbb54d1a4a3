using System.Net;
using SignalBroker.Client;
using SignalBroker.LocalCluster;
using SignalBroker.Tests.Demo;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Edge;

/// <summary>The tests behind HAProxy: one after the other, as they break and reload it.</summary>
[CollectionDefinition(nameof(HaproxyCollection), DisableParallelization = true)]
public sealed class HaproxyCollection : ICollectionFixture<HaproxyServers>, ICollectionFixture<Browser>;

/// <summary>The tests behind nginx.</summary>
[CollectionDefinition(nameof(NginxCollection), DisableParallelization = true)]
public sealed class NginxCollection : ICollectionFixture<NginxServers>, ICollectionFixture<Browser>;

public sealed class HaproxyServers() : EdgeServers(EdgeProxy.Haproxy);

public sealed class NginxServers() : EdgeServers(EdgeProxy.Nginx);

/// <summary>Two nodes and two webapps behind a proxy with TLS.</summary>
public abstract class EdgeServers(EdgeProxy proxy) : IAsyncLifetime
{
    /// <summary>How many sockets an address may have, all nodes together, unless the operator says otherwise.</summary>
    public const int SocketsPerAddress = 16;

    /// <summary>How many sessions the webapps give to an address.</summary>
    public const int SessionsPerAddress = 40;

    private static int lastAddress = 1;

    public Cluster Servers { get; private set; } = null!;

    public LocalCluster.Edge Edge => Servers.Edge!;

    /// <summary>The API through the proxy.</summary>
    public Api Api { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Servers = await Cluster.StartAsync(
            new ClusterOptions
            {
                Nodes = 2,
                Webapps = 2,
                Edge = proxy,
                WebappSettings = new Dictionary<string, string>(TestCluster.Settings)
                {
                    ["Sessions:MaxPerAddress"] = $"{SessionsPerAddress}",
                    // The balancer has found out by then.
                    ["Shutdown:Grace"] = "00:00:04",
                },
            }
        );
        Api = ApiFrom(from: null);
        await Servers.AllNodesReadyAsync();
    }

    /// <summary>An address that no other test calls from.</summary>
    public static IPAddress NewAddress() => new([127, 0, 9, (byte)Interlocked.Increment(ref lastAddress)]);

    public Api ApiFrom(IPAddress? from) => new(Edge.Address, from, Edge.Authority);

    /// <summary>A device that listens with the .NET client.</summary>
    public Task<SignalBrokerClient> ConnectAsync(SignalBrokerClientOptions? options = null) =>
        SignalBrokerClient.ConnectAsync(
            (options ?? new() { Url = Api.Address }) with
            {
                Http = Api.Through,
                Reconnects = false,
            },
            TestContext.Current.CancellationToken
        );

    /// <summary>Skips the test where the nodes are too old for MQTT.</summary>
    public void NeedMqtt() =>
        Assert.SkipWhen(
            Servers.Nodes.Any(node => node.MqttAddress is null),
            "This RabbitMQ offers no MQTT; RABBITMQ_FOLDER names a newer one."
        );

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        try
        {
            await Passcodes.ExpectNoLeakAsync(Servers);
        }
        finally
        {
            await Servers.DisposeAsync();
        }
    }
}
