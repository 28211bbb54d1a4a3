using System.Text;
using SignalBroker.Bench.Wire;

namespace SignalBroker.Bench.Systems;

/// <summary>Speaks as the PeerJS library does to its server; the signals are offers.</summary>
public sealed class PeerJsClient(Arrivals arrivals, string peerId) : PeerClient(arrivals, peerId)
{
    private static readonly byte[] HeartBeat = """{"type":"HEARTBEAT"}"""u8.ToArray();

    protected override string PathAndQuery => $"/peerjs?key=peerjs&id={Address}&token={Address}&version=1.5.5";

    public override ValueTask<bool> SendAsync(IClient to, Signal signal) =>
        WriteAsync(
            Begin()
                .Add("{\"type\":\"OFFER\",\"dst\":\""u8)
                .Add(to.Address)
                .Add("\",\"payload\":"u8)
                .Add(signal.Content.Span)
                .Add("}"u8)
                .Message
        );

    public override void SendHeartbeat() => Write(HeartBeat);

    protected override void Receive(ReadOnlySpan<byte> message)
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
