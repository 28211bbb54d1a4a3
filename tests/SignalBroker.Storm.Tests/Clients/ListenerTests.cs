using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using SignalBroker.Storm.Clients;
using SignalBroker.Storm.Tests.Harness;

namespace SignalBroker.Storm.Tests.Clients;

/// <summary>What a listener hears, and how it learns of its end.</summary>
[Collection<OneWebappTests>]
public sealed class ListenerTests(OneWebapp webapp)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_signal_of_any_size_arrives_byte_for_byte()
    {
        var sources = new SourceAddresses();
        await using var http = new HttpPool(webapp.Url, sources);
        var heard = Channel.CreateUnbounded<string>();
        await using var client = await Client.ConnectOnceAsync(
            http,
            sources,
            null,
            envelope => heard.Writer.TryWrite(Encoding.UTF8.GetString(envelope.Span)),
            Token
        );

        foreach (var size in (int[])[1, 100, 4_000, 20_000, 60_000])
        {
            var content = $"\"{new string('é', size / 2)}\"";
            (await client.SendAsync(client.Session.UserId, content, "test")).Queued.ShouldBe(1);
            (await heard.Reader.ReadAsync(Token)).ShouldEndWith($"\"content\":{content}}}");
        }
    }

    [Fact]
    public async Task A_key_that_was_used_is_refused_with_the_nodes_reason()
    {
        var sources = new SourceAddresses();
        await using var http = new HttpPool(webapp.Url, sources);
        await using var client = await Client.ConnectOnceAsync(http, sources, null, _ => { }, Token);

        var refused = await Should.ThrowAsync<ListeningFailedException>(
            Listener.StartAsync(sources, client.Session, _ => { }, Token)
        );
        refused.Code.ShouldBe("stomp-error");
        refused.Message.ShouldContain("CONNECT");
    }

    [Fact]
    public async Task A_listener_that_is_disconnected_by_the_server_knows_it()
    {
        var sources = new SourceAddresses();
        await using var http = new HttpPool(webapp.Url, sources);
        var client = await Client.ConnectOnceAsync(http, sources, null, _ => { }, Token);

        await client.Session.CloseAsync(http);

        (await client.Listener.Closed.WaitAsync(TimeSpan.FromMinutes(1), TimeProvider.System, Token)).ShouldNotBeNull();
    }

    [Fact]
    public async Task Frames_that_are_cut_anywhere_are_heard_whole()
    {
        const string Frames =
            "MESSAGE\nsubscription:0\ncontent-length:9\n\nwith \0nul\0\n"
            + "MESSAGE\r\nsubscription:0\r\n\r\nsecond\0"
            + "\n\nMESSAGE\nsubscription:0\n\n\0MESSAGE\nsubscription:0\n\nlast\0";
        for (var piece = 1; piece < 40; piece += 3)
        {
            var heard = Channel.CreateUnbounded<string>();
            await using var node = await StartNodeAsync(Frames, piece);
            var session = new Session("u", node.Urls.Single().Replace("http:", "ws:") + "/ws", "s.k", "p");
            await using var listener = await Listener.StartAsync(
                new SourceAddresses(),
                session,
                envelope => heard.Writer.TryWrite(Encoding.UTF8.GetString(envelope.Span)),
                Token
            );

            foreach (var body in (string[])["with \0nul", "second", "", "last"])
            {
                (await heard.Reader.ReadAsync(Token)).ShouldBe(body);
            }
        }
    }

    // RabbitMQ puts each frame into a message of its own; the protocol does not promise that.
    private static async Task<WebApplication> StartNodeAsync(string frames, int piece)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var node = builder.Build();
        node.UseWebSockets();
        node.Map(
            "/ws",
            async (HttpContext context) =>
            {
                using var socket = await context.WebSockets.AcceptWebSocketAsync("v12.stomp");
                var buffer = new byte[1024];
                foreach (var answer in (string[])["CONNECTED\nversion:1.2\n\n\0", "RECEIPT\nreceipt-id:0\n\n\0"])
                {
                    await socket.ReceiveAsync(buffer, Token);
                    await SayAsync(socket, answer);
                }

                foreach (var part in frames.Chunk(piece))
                {
                    await SayAsync(socket, new string(part));
                }

                await socket.ReceiveAsync(buffer, Token);
            }
        );
        await node.StartAsync(Token);
        return node;
    }

    private static Task SayAsync(WebSocket socket, string text) =>
        socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, Token);
}
