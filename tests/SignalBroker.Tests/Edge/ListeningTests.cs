using System.Net;
using System.Text;
using SignalBroker.Client;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Edge;

[Collection(nameof(HaproxyCollection))]
public sealed class HaproxyListeningTests(HaproxyServers edge) : ListeningTests(edge)
{
    [Fact]
    public async Task A_socket_shares_a_connection_of_HTTP_2()
    {
        var session = await Edge.Api.ConnectAsync();

        await using var socket = await StompSocket.OpenAsync(
            session.ListeningAddress,
            Edge.Api.Through,
            options =>
            {
                options.HttpVersion = HttpVersion.Version20;
                options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
            }
        );

        (await socket.TryConnectAsync(session.ListeningKey, session.Passcode)).ShouldBeTrue();
    }
}

[Collection(nameof(NginxCollection))]
public sealed class NginxListeningTests(NginxServers edge) : ListeningTests(edge);

/// <summary>Programs listen and send through one port with TLS.</summary>
public abstract class ListeningTests(EdgeServers edge)
{
    private protected EdgeServers Edge => edge;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(SocketProtocol.Stomp)]
    [InlineData(SocketProtocol.Mqtt)]
    public async Task The_NET_client_listens_and_sends(SocketProtocol protocol)
    {
        if (protocol is SocketProtocol.Mqtt)
        {
            edge.NeedMqtt();
        }

        var heard = new List<ClientState>();
        await using var alice = await edge.ConnectAsync(
            new()
            {
                Url = edge.Api.Address,
                Protocol = protocol,
                Send = SendsBy.Socket,
                StateChanged = heard.Add,
            }
        );
        await using var bob = await edge.ConnectAsync(new() { Url = edge.Api.Address, Protocol = protocol });

        var sent = await alice.SendAsync(bob.UserId, "through the edge", cancellationToken: Token);

        sent.Sessions.Single().Outcome.ShouldBe(Outcome.Queued);
        await foreach (var signal in bob.ReadSignalsAsync(Token))
        {
            signal.Content.GetString().ShouldBe("through the edge");
            break;
        }

        heard.OfType<ClientState.Listening>().Single().Protocol.ShouldBe(protocol);
    }

    [Fact]
    public async Task Each_node_is_reached_by_its_path()
    {
        foreach (var node in edge.Servers.Nodes)
        {
            var session = await edge.Api.ConnectAsync();
            while (session.ListeningAddress != node.PublicListeningAddress)
            {
                await edge.Api.DisconnectAsync(session);
                session = await edge.Api.ConnectAsync();
            }

            await using var listener = await Listener.StartStompAsync(session, edge.Api.Through);
            await edge.Api.ExchangeAsync(session, new { toSession = session.ListeningKey, content = node.Name });

            (await listener.ReceiveAsync()).GetProperty("content").GetString().ShouldBe(node.Name);
        }
    }

    [Fact]
    public async Task A_stream_and_a_socket_stay_while_nothing_is_sent()
    {
        await using var stream = await StreamListener.StartAsync(edge.Api);
        await using var socket = await Listener.StartStompAsync(await edge.Api.ConnectAsync(), edge.Api.Through);
        await SendAsync("at once");
        (await stream.ReceiveAsync()).GetProperty("content").GetString().ShouldBe("at once");
        (await socket.ReceiveAsync()).GetProperty("content").GetString().ShouldBe("at once");

        // The stream says that it is alive every 10 s; the socket is silent for as long.
        await stream.ReadCommentAsync();
        await stream.ReadCommentAsync();

        await SendAsync("later");
        (await stream.ReceiveAsync()).GetProperty("content").GetString().ShouldBe("later");
        (await socket.ReceiveAsync()).GetProperty("content").GetString().ShouldBe("later");

        async Task SendAsync(string content)
        {
            foreach (var toSession in new[] { stream.Key, socket.Key })
            {
                var answer = await edge.Api.ExchangeAsync(stream.Session, new { toSession, content });
                answer.OutcomeOrCode.ShouldBe("queued");
            }
        }
    }

    [Fact]
    public async Task A_signal_of_the_largest_size_goes_and_comes()
    {
        await using var listener = await Listener.StartStompAsync(await edge.Api.ConnectAsync(), edge.Api.Through);
        var content = new string('x', 60_000);

        await edge.Api.ExchangeAsync(listener.Session, new { toSession = listener.Key, content });

        (await listener.ReceiveAsync()).GetProperty("content").GetString().ShouldBe(content);
    }

    [Fact]
    public async Task What_is_no_signal_because_of_its_size_is_refused()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(edge.Api.Address, "/exchange"))
        {
            Content = new ByteArrayContent(Encoding.ASCII.GetBytes(new string(' ', 600_000))),
        };
        // The answer comes before the body; whoever goes on sending may find the connection closed instead.
        request.Headers.ExpectContinue = true;

        using var answer = await edge.Api.StreamAsync(request);

        answer.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
    }
}
