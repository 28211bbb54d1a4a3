using System.Buffers;
using System.Net.WebSockets;
using SignalBroker.Client.Http;
using SignalBroker.Client.Mqtt;

namespace SignalBroker.Client.Listening;

/// <summary>Listens by MQTT 3.1.1: one subscription to the session's own topic, at QoS 0.</summary>
internal sealed class MqttListener : SocketListener
{
    private const int SubscriptionId = 1;
    private const int Refused = 0x80;

    private readonly MqttOffer offer;
    private readonly MqttPackets packets = new();
    private readonly MqttPackets.Handler handle;
    private MqttPacketType expected;
    private int sent;

    public MqttListener(
        HttpMessageInvoker http,
        SignalBrokerClientOptions options,
        MqttOffer offer,
        EnvelopeReceived received
    )
        : base(http, options, received) => (this.offer, handle) = (offer, Handle);

    public override SocketProtocol? Protocol => SocketProtocol.Mqtt;

    // An older node can't prove who sends.
    public override bool CanSend => offer.Send is not null && base.CanSend;

    protected override string SubProtocol => "mqtt";

    protected override WebSocketMessageType MessageType => WebSocketMessageType.Binary;

    protected override ReadOnlyMemory<byte> Beating => MqttWriter.PingRequest;

    protected override ReadOnlyMemory<byte> Farewell => MqttWriter.Disconnect;

    // The node closes after one and a half times of it: after two heart-beats that did not come.
    private int KeepAlive => (int)Math.Ceiling(HeartBeat.TotalSeconds * 2 / 1.5);

    protected override string AddressOf(OpenSession session) => offer.Address;

    protected override async Task LogInAsync(OpenSession session, CancellationToken cancellationToken)
    {
        expected = MqttPacketType.ConnAck;
        await AskAsync(MqttWriter.Connect(session.Info.ListeningKey, session.Passcode, KeepAlive), cancellationToken);
        expected = MqttPacketType.SubAck;
        await AskAsync(MqttWriter.Subscribe(offer.Subscribe, SubscriptionId), cancellationToken);
        expected = MqttPacketType.None;
        (BeatEvery, MaxSilence) = ((int)HeartBeat.TotalSeconds, 2 * HeartBeat);
    }

    protected override void Take(ReadOnlyMemory<byte> arrived) => packets.Add(arrived, handle);

    protected override ArraySegment<byte> Frame(ReadOnlySpan<byte> body)
    {
        var packet = ArrayPool<byte>.Shared.Rent(MqttWriter.PublishSize(offer.Send!, body.Length));
        // Long before one comes again, its signal has been answered.
        var id = 1 + (Interlocked.Increment(ref sent) & 0x7FFF);
        return new(packet, 0, MqttWriter.Publish(packet, offer.Send!, id, body));
    }

    private void Handle(MqttPacket packet)
    {
        if (packet.Type == MqttPacketType.Publish)
        {
            HandOn(packet.Payload);
        }
        else if (packet.Type == expected)
        {
            Reached();
            Take(packet);
        }
    }

    private void Take(MqttPacket answer)
    {
        if (expected == MqttPacketType.ConnAck && answer.Code != 0)
        {
            Lose($"The node refused: {NameOf(answer.Code)}.");
        }
        else if (expected == MqttPacketType.SubAck && answer.Code == Refused)
        {
            Lose("The node refused the subscription.");
        }
        else
        {
            Answered();
        }
    }

    // MQTT 3.1.1, section 3.2.2.3.
    private static string NameOf(byte code) =>
        code switch
        {
            2 => "it does not take the client id",
            3 => "it is unavailable",
            4 => "bad user name or password",
            5 => "not authorized",
            _ => $"code {code}",
        };
}
