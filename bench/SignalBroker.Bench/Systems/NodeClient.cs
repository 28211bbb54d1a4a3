using System.Net.WebSockets;
using System.Text;
using SignalBroker.Bench.Wire;

namespace SignalBroker.Bench.Systems;

/// <summary>Listens to its own queue at a node, as a browser does.</summary>
public abstract class NodeClient(Arrivals arrivals, NodeProtocol protocol, string listeningKey, string passcode)
    : SocketClient(arrivals)
{
    public string ListeningKey { get; } = listeningKey;

    public override void SendHeartbeat() => Write(protocol.Heartbeat);

    /// <summary>Opens the socket of a node, and returns when the client listens.</summary>
    public Task ListenAsync(Uri address, CancellationToken cancellationToken) =>
        OpenAsync(address, protocol.Subprotocol, cancellationToken);

    protected override WebSocketMessageType MessageType => protocol.MessageType;

    protected override void SendFirst() => Write(protocol.Login(ListeningKey, passcode));

    protected override void Receive(ReadOnlySpan<byte> message)
    {
        switch (protocol.Read(message))
        {
            case NodeMessage.Signal:
                Arrived(message);
                break;
            case NodeMessage.LoggedIn:
                Write(protocol.Subscription(ListeningKey));
                break;
            case NodeMessage.Listening:
                SetListening();
                break;
            case NodeMessage.Refusal:
                SetRefused(Encoding.UTF8.GetString(message));
                break;
        }
    }
}
