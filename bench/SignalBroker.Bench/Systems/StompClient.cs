using System.Text;
using SignalBroker.Bench.Wire;

namespace SignalBroker.Bench.Systems;

/// <summary>Listens to its own queue over Web-STOMP, as a browser does.</summary>
public abstract class StompClient(Arrivals arrivals, string listeningKey, string passcode) : SocketClient(arrivals)
{
    private static readonly byte[] LineFeed = "\n"u8.ToArray();

    public string ListeningKey { get; } = listeningKey;

    public override void SendHeartbeat() => Write(LineFeed);

    /// <summary>Opens the socket of a node, and returns when the client listens.</summary>
    public Task ListenAsync(Uri listeningAddress, CancellationToken cancellationToken) =>
        OpenAsync(listeningAddress, "v12.stomp", cancellationToken);

    protected override void SendFirst() =>
        Write(
            $"CONNECT\naccept-version:1.2\nhost:/\nheart-beat:20000,0\nlogin:{ListeningKey}\npasscode:{passcode}\n\n\0"
        );

    protected override void Receive(ReadOnlySpan<byte> message)
    {
        if (message.StartsWith("MESSAGE\n"u8))
        {
            Arrived(message);
        }
        else if (message.StartsWith("CONNECTED\n"u8))
        {
            Write(
                $"SUBSCRIBE\nid:0\ndestination:/queue/{ListeningKey}\nack:auto\nexclusive:true\nauto-delete:true\ndurable:false\nreceipt:0\n\n\0"
            );
        }
        else if (message.StartsWith("RECEIPT\n"u8))
        {
            SetListening();
        }
        else if (message.StartsWith("ERROR\n"u8))
        {
            SetRefused(Encoding.UTF8.GetString(message));
        }
    }

    private void Write(string frame) => Write((ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(frame));
}
