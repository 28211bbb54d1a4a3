using System.Text.Json;
using SignalBroker.LocalCluster;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Mqtt;

/// <summary>Nodes of the installed RabbitMQ and of the one under test, side by side.</summary>
public sealed class MixedCluster : IAsyncLifetime
{
    private const string Installed = "/usr/lib/rabbitmq";

    public Cluster Servers { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Servers = await Cluster.StartAsync(
            new ClusterOptions
            {
                Nodes = 2,
                Webapps = 2,
                RabbitMq = $"{Installed}:{Environment.GetEnvironmentVariable("RABBITMQ_FOLDER") ?? Installed}",
                WebappSettings = TestCluster.Settings,
            }
        );
        await Servers.AllNodesReadyAsync();
    }

    public ValueTask DisposeAsync() => Servers.DisposeAsync();
}

/// <summary>Signals cross between nodes of different versions, by every protocol.</summary>
public sealed class MixedVersionsTests(MixedCluster cluster) : IClassFixture<MixedCluster>
{
    [Fact]
    public async Task Everybody_reaches_everybody_by_every_way()
    {
        var api = new Api(cluster.Servers.Webapps[0].PublicAddress);
        var (old, @new) = (cluster.Servers.Nodes[0], cluster.Servers.Nodes[1]);
        @new.MqttAddress.ShouldNotBeNull();
        old.MqttAddress.ShouldBeNull();
        await using var byStompOnOld = await Listener.StartStompAsync(await ConnectOnAsync(api, old));
        await using var byStompOnNew = await Listener.StartStompAsync(await ConnectOnAsync(api, @new));
        await using var byMqtt = await Listener.StartMqttAsync(await ConnectOnAsync(api, @new));
        await using var streamOnOld = await StreamListener.StartAsync(api, await ConnectOnAsync(api, old));
        await using var streamOnNew = await StreamListener.StartAsync(api, await ConnectOnAsync(api, @new));
        Listener[] sockets = [byStompOnOld, byStompOnNew, byMqtt];
        StreamListener[] streams = [streamOnOld, streamOnNew];
        (ConnectedSession Session, Func<Task<JsonElement>> ReceiveAsync)[] everybody =
        [
            .. sockets.Select(socket => (socket.Session, (Func<Task<JsonElement>>)socket.ReceiveAsync)),
            .. streams.Select(stream => (stream.Session, (Func<Task<JsonElement>>)stream.ReceiveAsync)),
        ];

        for (var webapp = 0; webapp < 2; webapp++)
        {
            foreach (var sender in everybody)
            {
                foreach (var receiver in everybody)
                {
                    var answer = await new Api(cluster.Servers.Webapps[webapp].PublicAddress).ExchangeAsync(
                        sender.Session,
                        new { toSession = receiver.Session.ListeningKey, content = "by HTTP" }
                    );
                    answer.Outcomes.ShouldBe([(receiver.Session.ListeningKey, "queued")]);
                    (await receiver.ReceiveAsync()).GetProperty("content").GetString().ShouldBe("by HTTP");
                }
            }
        }

        foreach (var sender in sockets)
        {
            foreach (var receiver in everybody.Where(receiver => receiver.Session != sender.Session))
            {
                await sender.SendAsync(
                    new
                    {
                        toSession = receiver.Session.ListeningKey,
                        id = "1",
                        content = "by socket",
                    }
                );
                (await receiver.ReceiveAsync()).GetProperty("content").GetString().ShouldBe("by socket");
                (await sender.ReceiveAsync()).GetProperty("type").GetString().ShouldBe("outcome");
            }
        }
    }

    private static async Task<ConnectedSession> ConnectOnAsync(Api api, Node node)
    {
        while (true)
        {
            var session = await api.ConnectAsync();
            if (session.ListeningAddress == node.ListeningAddress)
            {
                return session;
            }
        }
    }
}
