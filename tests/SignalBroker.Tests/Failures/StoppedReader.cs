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
        if (Listener.NextByMqtt())
        {
            var offer = MqttSocket.OfferOf(session);
            var byMqtt = await OpenAsync(session, offer.Address, "mqtt", cancellationToken);
            await byMqtt.ListenByMqttAsync(offer.Subscribe, cancellationToken);
            return byMqtt;
        }

        var byStomp = await OpenAsync(session, session.ListeningAddress, "v12.stomp", cancellationToken);
        await byStomp.ListenByStompAsync(cancellationToken);
        return byStomp;
    }

    public ValueTask DisposeAsync()
    {
        frames.Dispose();
        connection.Dispose();
        return ValueTask.CompletedTask;
    }

    private static async Task<StoppedReader> OpenAsync(
        ConnectedSession session,
        string at,
        string protocol,
        CancellationToken cancellationToken
    )
    {
        var address = new Uri(at);
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
                    + $"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: {protocol}\r\n"
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
        var webSocket = WebSocket.CreateFromStream(stream, new WebSocketCreationOptions { SubProtocol = protocol });
        return new(session, socket, webSocket);
    }

    private async Task ListenByStompAsync(CancellationToken cancellationToken)
    {
        await SendAsync(
            "CONNECT",
            ("accept-version", "1.2"),
            ("host", "/"),
            ("login", Session.ListeningKey),
            ("passcode", Session.Passcode)
        );
        (await ReadAsync(cancellationToken)).ShouldStartWith("CONNECTED");
        await SendAsync(
            "SUBSCRIBE",
            ("id", "0"),
            ("destination", $"/queue/{Session.ListeningKey}"),
            ("ack", "auto"),
            ("exclusive", "true"),
            ("auto-delete", "true"),
            ("durable", "false"),
            ("receipt", "subscribed")
        );
        (await ReadAsync(cancellationToken)).ShouldStartWith("RECEIPT");
    }

    private async Task ListenByMqttAsync(string filter, CancellationToken cancellationToken)
    {
        await SendPacketAsync(MqttPacket.Connect(Session));
        (await ReadBytesAsync(cancellationToken)).ShouldBe([0x20, 2, 0, 0]);
        await SendPacketAsync(MqttPacket.Subscribe(filter));
        (await ReadBytesAsync(cancellationToken)).ShouldBe([0x90, 3, 0, 1, 0]);
    }

    private Task SendPacketAsync(byte[] packet) =>
        frames.SendAsync(packet, WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);

    private Task SendAsync(string command, params (string Name, string Value)[] headers) =>
        frames.SendAsync(
            Encoding.UTF8.GetBytes(StompFrame.Write(command, headers)),
            WebSocketMessageType.Text,
            endOfMessage: true,
            CancellationToken.None
        );

    private async Task<string> ReadAsync(CancellationToken cancellationToken) =>
        Encoding.UTF8.GetString(await ReadBytesAsync(cancellationToken));

    private async Task<byte[]> ReadBytesAsync(CancellationToken cancellationToken)
    {
        var received = await frames.ReceiveAsync(buffer, cancellationToken);
        received.EndOfMessage.ShouldBeTrue();
        return buffer[..received.Count];
    }
}
