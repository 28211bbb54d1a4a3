using System.Net.Sockets;
using SignalBroker.Client;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Mqtt;

/// <summary>The .NET client at nodes that offer MQTT: when it takes it, and what it does where MQTT does not get through.</summary>
public sealed class NetClientTests(TestCluster cluster) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly List<ClientState.Listening> heard = [];
    private readonly List<int> opened = [];
    private Func<int, CancellationToken, Task> passes = (_, _) => Task.CompletedTask;
    private NetworkStream? last;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private int[] MqttPorts => [.. cluster.Servers.Nodes.Select(node => new Uri(node.MqttAddress!).Port)];

    public void Dispose() => last?.Dispose();

    [Fact]
    public async Task It_listens_and_sends_by_MQTT_and_says_so()
    {
        await using var alice = await ConnectAsync(SendsBy.Socket);
        await using var bob = await ConnectAsync();
        heard.Select(state => state.Protocol).ShouldBe([SocketProtocol.Mqtt, SocketProtocol.Mqtt]);

        var sent = await Task.WhenAll(
            Enumerable.Range(0, 50).Select(n => alice.SendAsync(bob.UserId, n, cancellationToken: Token))
        );

        sent.ShouldAllBe(one => one.Sessions.Single().Outcome == Outcome.Queued);
        (await ReadAsync(bob, 50)).Select(signal => signal.Content.GetInt32()).ShouldBe(Enumerable.Range(0, 50));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(120)]
    [InlineData(16_384)]
    [InlineData(60_000)]
    public async Task Signals_of_any_size_go_and_come_by_MQTT(int size)
    {
        await using var me = await ConnectAsync(SendsBy.Socket);

        await me.SendAsync(me.UserId, new string('x', size), cancellationToken: Token);

        (await ReadAsync(me, 1))[0].Content.GetString()!.Length.ShouldBe(size);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Where_MQTT_does_not_get_through_the_same_session_listens_by_STOMP(bool isSwallowed)
    {
        passes = (port, cancellationToken) =>
            !MqttPorts.Contains(port) ? Task.CompletedTask
            : isSwallowed ? Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken)
            : throw new IOException("blocked");
        await using var me = await ConnectAsync();

        heard.ShouldHaveSingleItem().Protocol.ShouldBe(SocketProtocol.Stomp);
        var stomp = new Uri(me.Session.ListeningAddress).Port;
        opened.Count.ShouldBe(2);
        opened[1].ShouldBe(stomp);

        // It has learned that, for the next time too.
        await LoseAsync();
        await me.SendAsync(me.UserId, "next", cancellationToken: Token);
        (await ReadAsync(me, 1))[0].Content.GetString().ShouldBe("next");
        opened.Skip(2).Intersect(MqttPorts).ShouldBeEmpty();
    }

    [Fact]
    public async Task Where_no_WebSocket_gets_through_it_listens_to_events()
    {
        passes = (_, _) => throw new IOException("blocked");
        await using var me = await ConnectAsync();

        var state = heard.ShouldHaveSingleItem();
        (state.By, state.Protocol).ShouldBe((ListensBy.ServerSentEvents, null));
    }

    [Theory]
    [InlineData(SocketProtocol.Mqtt)]
    [InlineData(SocketProtocol.Stomp)]
    public async Task The_application_may_choose(SocketProtocol protocol)
    {
        await using var me = await ConnectAsync(protocol: protocol);
        heard.ShouldHaveSingleItem().Protocol.ShouldBe(protocol);
    }

    [Fact]
    public async Task A_lost_socket_comes_back_by_MQTT_and_the_next_signal_arrives()
    {
        await using var me = await ConnectAsync();

        await LoseAsync();
        await me.SendAsync(me.UserId, "next", cancellationToken: Token);

        (await ReadAsync(me, 1))[0].Content.GetString().ShouldBe("next");
        heard.Select(state => state.Protocol).ShouldBe([SocketProtocol.Mqtt, SocketProtocol.Mqtt]);
    }

    private async Task LoseAsync()
    {
        var times = heard.Count;
        await last!.DisposeAsync();
        await Eventually.HoldsAsync(() => heard.Count.ShouldBe(times + 1));
    }

    private static async Task<IReadOnlyList<Signal>> ReadAsync(SignalBrokerClient client, int count)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(Patience);
        var read = new List<Signal>();
        await foreach (var signal in client.ReadSignalsAsync(limit.Token))
        {
            read.Add(signal);
            if (read.Count == count)
            {
                break;
            }
        }

        return read;
    }

    private Task<SignalBrokerClient> ConnectAsync(SendsBy send = SendsBy.Http, SocketProtocol? protocol = null) =>
        SignalBrokerClient.ConnectAsync(
            new()
            {
                Url = cluster.Api.Address,
                Send = send,
                Protocol = protocol,
                OpenSocket = async (address, cancellationToken) =>
                {
                    opened.Add(address.Port);
                    await passes(address.Port, cancellationToken);
                    var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                    await socket.ConnectAsync(address.Host, address.Port, cancellationToken);
                    return last = new NetworkStream(socket, ownsSocket: true);
                },
                StateChanged = state =>
                {
                    if (state is ClientState.Listening listening)
                    {
                        heard.Add(listening);
                    }
                },
            },
            Token
        );
}
