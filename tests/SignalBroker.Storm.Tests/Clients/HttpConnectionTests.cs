using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using SignalBroker.Storm.Clients;

namespace SignalBroker.Storm.Tests.Clients;

/// <summary>How a connection handles what servers may answer.</summary>
public sealed class HttpConnectionTests : IAsyncLifetime
{
    private readonly SourceAddresses sources = new();
    private WebApplication server = null!;
    private HttpConnection connection = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        server = builder.Build();
        server.MapPost("/chunks", WriteChunksAsync);
        server.MapPost(
            "/echo",
            async context =>
            {
                context.Response.ContentLength = context.Request.ContentLength;
                await context.Request.Body.CopyToAsync(context.Response.Body, context.RequestAborted);
            }
        );
        server.MapPost("/nothing", () => TypedResults.NoContent());
        server.MapPost("/port", (HttpContext context) => context.Connection.RemotePort.ToString());
        server.MapPost(
            "/close",
            (HttpContext context) =>
            {
                context.Response.Headers.Connection = "close";
                return context.Connection.RemotePort.ToString();
            }
        );
        server.MapPost(
            "/busy",
            (HttpContext context) =>
            {
                context.Response.Headers.RetryAfter = "7";
                return TypedResults.StatusCode(429);
            }
        );
        await server.StartAsync(Token);
        connection = new HttpConnection(new Uri(server.Urls.Single()), sources);
    }

    [Fact]
    public async Task Chunks_are_put_together_and_the_connection_goes_on()
    {
        (await TextAsync("/chunks")).ShouldBe(string.Concat(Enumerable.Range(0, 200).Select(n => $"<{n}>")));
        (await TextAsync("/echo", "next")).ShouldBe("next");
    }

    [Fact]
    public async Task An_answer_larger_than_the_buffer_arrives_whole()
    {
        var text = new string('ä', 100_000);
        (await TextAsync("/echo", text)).ShouldBe(text);
    }

    [Fact]
    public async Task A_connection_is_used_again()
    {
        var port = await TextAsync("/port");
        (await connection.PostAsync("/nothing", null, null, "")).Status.ShouldBe(204);
        (await TextAsync("/port")).ShouldBe(port);
    }

    [Fact]
    public async Task A_connection_that_the_server_closes_is_opened_again()
    {
        var port = await TextAsync("/close");
        (await TextAsync("/port")).ShouldNotBe(port);
    }

    [Fact]
    public async Task Retry_After_is_read()
    {
        var answer = await connection.PostAsync("/busy", null, null, "");
        (answer.Status, answer.RetryAfter).ShouldBe((429, TimeSpan.FromSeconds(7)));
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "hello")]
    [InlineData(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nt: r\r\n\r\n",
        "hello"
    )]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length:0\r\n\r\n", "")]
    [InlineData("HTTP/1.0 200 OK\r\n\r\nuntil the end", "until the end")]
    public async Task An_answer_that_comes_byte_by_byte_is_understood(string answer, string body)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var serving = ServeAsync(listener, Encoding.ASCII.GetBytes(answer));
        using var slow = new HttpConnection(
            new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}"),
            sources
        );

        var heard = await slow.PostAsync("/", null, null, "");

        (heard.Status, Encoding.ASCII.GetString(heard.Body.Span)).ShouldBe((200, body));
        await serving;
    }

    [Fact]
    public async Task An_answer_that_ends_too_early_is_an_error()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var serving = ServeAsync(listener, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel"u8.ToArray());
        using var broken = new HttpConnection(
            new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}"),
            sources
        );

        await Should.ThrowAsync<IOException>(() => broken.PostAsync("/", null, null, "").AsTask());
        await serving;
    }

    public async ValueTask DisposeAsync()
    {
        connection.Dispose();
        await server.DisposeAsync();
    }

    private static async Task ServeAsync(TcpListener listener, byte[] answer)
    {
        using var accepted = await listener.AcceptTcpClientAsync(Token);
        accepted.NoDelay = true;
        var stream = accepted.GetStream();
        _ = await stream.ReadAsync(new byte[1024], Token);
        foreach (var one in answer)
        {
            stream.WriteByte(one);
            await stream.FlushAsync(Token);
        }
    }

    private static async Task WriteChunksAsync(HttpContext context)
    {
        foreach (var number in Enumerable.Range(0, 200))
        {
            await context.Response.WriteAsync($"<{number}>", context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
        }
    }

    private async Task<string> TextAsync(string path, string body = "")
    {
        var answer = await connection.PostAsync(path, null, "text/plain", body);
        answer.Status.ShouldBe(200);
        return Encoding.UTF8.GetString(answer.Body.Span);
    }
}
