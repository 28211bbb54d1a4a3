using SignalBroker.Client;
using SignalBroker.LocalCluster;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Mqtt;

/// <summary>One node at which STOMP is turned off.</summary>
public sealed class MqttOnly : IAsyncLifetime
{
    private Cluster servers = null!;

    public Node Node => servers.Nodes[0];

    public Api Api { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        servers = await Cluster.StartAsync(
            new ClusterOptions
            {
                Nodes = 1,
                WebappSettings = new Dictionary<string, string>(TestCluster.Settings) { ["Nodes:0:Stomp"] = "false" },
            }
        );
        await servers.AllNodesReadyAsync();
        Api = new(servers.Webapps[0].PublicAddress);
    }

    public ValueTask DisposeAsync() => servers.DisposeAsync();
}

/// <summary>Where STOMP is turned off it is neither offered nor admitted, and clients find another way.</summary>
public sealed class WithoutStompTests(MqttOnly servers) : IClassFixture<MqttOnly>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nobody_listens_by_STOMP_and_the_session_is_still_good_for_MQTT()
    {
        var session = await servers.Api.ConnectAsync();
        session.Listening.Select(each => each.Protocol).ShouldBe(["mqtt"]);
        await using var stomp = await StompSocket.OpenAsync(session.ListeningAddress);
        (await stomp.TryConnectAsync(session.ListeningKey, session.Passcode)).ShouldBeFalse();

        await using var listener = await Listener.StartMqttAsync(session);
        await servers.Api.ExchangeAsync(session, new { to = session.UserId, content = "hello" });

        (await listener.ReceiveAsync()).GetProperty("content").GetString().ShouldBe("hello");
    }

    [Fact]
    public async Task Streams_go_on()
    {
        await using var stream = await StreamListener.StartAsync(servers.Api, await servers.Api.ConnectAsync());
        await servers.Api.ExchangeAsync(stream.Session, new { to = stream.Session.UserId, content = "hello" });

        (await stream.ReceiveAsync()).GetProperty("content").GetString().ShouldBe("hello");
    }

    [Theory]
    [InlineData(null, ListensBy.WebSocket)]
    [InlineData(SocketProtocol.Mqtt, ListensBy.WebSocket)]
    [InlineData(SocketProtocol.Stomp, ListensBy.ServerSentEvents)]
    public async Task The_NET_client_takes_what_is_left(SocketProtocol? wanted, ListensBy expected)
    {
        await using var client = await SignalBrokerClient.ConnectAsync(
            new() { Url = servers.Api.Address, Protocol = wanted },
            Token
        );

        client.State.ShouldBeOfType<ClientState.Listening>().By.ShouldBe(expected);
    }
}
