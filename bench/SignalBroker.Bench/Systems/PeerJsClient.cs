using System.Text;
using SignalBroker.Bench.Wire;

namespace SignalBroker.Bench.Systems;

/// <summary>Speaks as the PeerJS library does to its server; the signals are offers.</summary>
public sealed class PeerJsClient(Arrivals arrivals, string peerId) : SocketClient(arrivals)
{
    private static readonly byte[] HeartBeat = """{"type":"HEARTBEAT"}"""u8.ToArray();

    public override string Address => peerId;

    /// <summary>Opens the socket of the server, and returns when the client listens.</summary>
    public Task ListenAsync(int port, CancellationToken cancellationToken) =>
        OpenAsync(
            new Uri($"ws://127.0.0.1:{port}/peerjs?key=peerjs&id={peerId}&token={peerId}&version=1.5.5"),
            protocol: null,
            cancellationToken
        );

    public override ValueTask<bool> SendAsync(IClient to, Signal signal) =>
        SayAsync(
            Begin()
                .Add("{\"type\":\"OFFER\",\"dst\":\""u8)
                .Add(to.Address)
                .Add("\",\"payload\":"u8)
                .Add(signal.Content.Span)
                .Add("}"u8)
                .Message
        );

    public override void Beat() => Say(HeartBeat);

    protected override void Hear(ReadOnlySpan<byte> message)
    {
        if (message.StartsWith("{\"type\":\"OFFER\""u8))
        {
            Arrived(message);
        }
        else if (message.StartsWith("{\"type\":\"OPEN\""u8))
        {
            SetListening();
        }
        else
        {
            SetRefused(Encoding.UTF8.GetString(message));
        }
    }
}
