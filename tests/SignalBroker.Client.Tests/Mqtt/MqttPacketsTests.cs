using System.Text;
using SignalBroker.Client.Mqtt;

namespace SignalBroker.Client.Tests.Mqtt;

/// <summary>How bytes become packets of MQTT 3.1.1, however they are cut.</summary>
public sealed class MqttPacketsTests
{
    private static readonly string Long = new('x', 300);

    private static readonly byte[] Sample =
    [
        .. (byte[])[0x20, 2, 0, 5],
        .. Publish("topic", "first"),
        .. (byte[])[0xD0, 0],
        .. Publish("t", Long),
        .. Publish("", ""),
        .. (byte[])[0x90, 3, 0, 1, 0x80],
    ];

    private static readonly string[] Packets =
    [
        "ConnAck 5",
        "Publish first",
        "PingResponse",
        $"Publish {Long}",
        "Publish ",
        "SubAck 128",
    ];

    [Fact]
    public void Packets_split_anywhere_are_reassembled()
    {
        for (var piece = 1; piece <= Sample.Length; piece++)
        {
            var heard = new List<string>();
            var packets = new MqttPackets();
            foreach (var part in Sample.Chunk(piece))
            {
                packets.Add(part, packet => heard.Add(Describe(packet)));
            }

            string.Join('#', heard).ShouldBe(string.Join('#', Packets), $"in pieces of {piece} bytes");
        }
    }

    [Fact]
    public void A_packet_that_is_too_long_is_an_error_before_it_fills_memory()
    {
        var packets = new MqttPackets();
        packets.Add(new byte[] { 0x30, 0xFF, 0xFF, 0xFF, 0x7F }, _ => { });
        var more = new byte[64 * 1024];

        Should
            .Throw<InvalidDataException>(() =>
            {
                for (var sent = 0; sent < 32; sent++)
                {
                    packets.Add(more, _ => { });
                }
            })
            .Message.ShouldContain("too long");
    }

    [Fact]
    public void A_length_without_an_end_is_an_error() =>
        Should.Throw<InvalidDataException>(() =>
            new MqttPackets().Add(new byte[] { 0x30, 0x80, 0x80, 0x80, 0x80, 1 }, _ => { })
        );

    [Theory]
    [InlineData(0x30, new byte[] { 0 })]
    [InlineData(0x30, new byte[] { 0, 9, 1, 2 })]
    [InlineData(0x32, new byte[] { 0, 1, 0x74, 0, 1, 0x78 })]
    public void A_signal_that_is_cut_short_or_at_another_QoS_is_an_error(byte head, byte[] body) =>
        Should.Throw<InvalidDataException>(() => new MqttPacket(head, body).Payload);

    [Theory]
    [InlineData(new byte[] { })]
    [InlineData(new byte[] { 0 })]
    public void An_answer_without_a_code_is_an_error(byte[] body) =>
        Should.Throw<InvalidDataException>(() => new MqttPacket(0x20, body).Code);

    private static byte[] Publish(string topic, string payload)
    {
        var body = (byte[])[0, (byte)topic.Length, .. Encoding.UTF8.GetBytes(topic + payload)];
        var length =
            body.Length < 0x80 ? (byte[])[(byte)body.Length] : [(byte)(body.Length | 0x80), (byte)(body.Length >> 7)];
        return [0x30, .. length, .. body];
    }

    private static string Describe(MqttPacket packet) =>
        packet.Type switch
        {
            MqttPacketType.Publish => $"Publish {Encoding.UTF8.GetString(packet.Payload.Span)}",
            MqttPacketType.ConnAck or MqttPacketType.SubAck => $"{packet.Type} {packet.Code}",
            var other => $"{other}",
        };
}
