using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Failures;

/// <summary>A listener that takes as little from the network as it can, and only when it is told to.</summary>
public sealed class StoppedReader : IAsyncDisposable
{
    private readonly Socket connection;
    private readonly WebSocket frames;
    private readonly byte[] buffer = new byte[1024];

    private StoppedReader(ConnectedSession session, Socket connection, WebSocket frames) =>
        (Session, this.connection, this.frames) = (session, connection, frames);

    public ConnectedSession Session { get; }

    /// <summary>Begins to listen, and then reads nothing any more.</summary>
    public static async Task<StoppedReader> StartAsync(ConnectedSession session, CancellationToken cancellationToken)
    {
        var address = new Uri(session.ListeningAddress);
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            // Before connecting, so that the window is small from the first packet on.
            ReceiveBufferSize = 4096,
        };
        await socket.ConnectAsync(IPAddress.Parse(address.Host), address.Port, cancellationToken);
        var stream = new NetworkStream(socket, ownsSocket: true);
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes(
                $"GET {address.PathAndQuery} HTTP/1.1\r\nHost: {address.Authority}\r\nUpgrade: websocket\r\n"
                    + "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: v12.stomp\r\n"
                    + "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
            ),
            cancellationToken
        );
        var answer = new StringBuilder();
        var one = new byte[1];
        while (!answer.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            await stream.ReadExactlyAsync(one, cancellationToken);
            answer.Append((char)one[0]);
        }

        answer.ToString().ShouldStartWith("HTTP/1.1 101");
        var webSocket = WebSocket.CreateFromStream(stream, new WebSocketCreationOptions { SubProtocol = "v12.stomp" });
        var reader = new StoppedReader(session, socket, webSocket);
        await reader.SendAsync(
            "CONNECT",
            ("accept-version", "1.2"),
            ("host", "/"),
            ("login", session.ListeningKey),
            ("passcode", session.Passcode)
        );
        (await reader.ReadAsync(cancellationToken)).ShouldStartWith("CONNECTED");
        await reader.SendAsync(
            "SUBSCRIBE",
            ("id", "0"),
            ("destination", $"/queue/{session.ListeningKey}"),
            ("ack", "auto"),
            ("exclusive", "true"),
            ("auto-delete", "true"),
            ("durable", "false"),
            ("receipt", "subscribed")
        );
        (await reader.ReadAsync(cancellationToken)).ShouldStartWith("RECEIPT");
        return reader;
    }

    public ValueTask DisposeAsync()
    {
        frames.Dispose();
        connection.Dispose();
        return ValueTask.CompletedTask;
    }

    private Task SendAsync(string command, params (string Name, string Value)[] headers) =>
        frames.SendAsync(
            Encoding.UTF8.GetBytes(StompFrame.Write(command, headers)),
            WebSocketMessageType.Text,
            endOfMessage: true,
            CancellationToken.None
        );

    private async Task<string> ReadAsync(CancellationToken cancellationToken)
    {
        var received = await frames.ReceiveAsync(buffer, cancellationToken);
        received.EndOfMessage.ShouldBeTrue();
        return Encoding.UTF8.GetString(buffer, 0, received.Count);
    }
}
