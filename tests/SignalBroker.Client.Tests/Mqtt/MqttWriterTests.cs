using System.Text;
using SignalBroker.Client.Mqtt;

namespace SignalBroker.Client.Tests.Mqtt;

/// <summary>The packets that a listener sends, byte for byte as the standard has them.</summary>
public sealed class MqttWriterTests
{
    [Fact]
    public void A_login_has_a_clean_session_and_the_name_twice() =>
        Shown(MqttWriter.Connect("s.a", "secret", 300).Span)
            .ShouldBe(
                Shown([
                    0x10,
                    28,
                    0,
                    4,
                    .. "MQTT"u8,
                    4,
                    0xC2,
                    1,
                    44,
                    0,
                    3,
                    .. "s.a"u8,
                    0,
                    3,
                    .. "s.a"u8,
                    0,
                    6,
                    .. "secret"u8,
                ])
            );

    [Fact]
    public void A_subscription_is_at_QoS_0() =>
        Shown(MqttWriter.Subscribe("s.a", 1).Span).ShouldBe(Shown([0x82, 8, 0, 1, 0, 3, .. "s.a"u8, 0]));

    [Theory]
    [InlineData(0)]
    [InlineData(111)]
    [InlineData(112)]
    [InlineData(16_367)]
    [InlineData(16_368)]
    [InlineData(65_536)]
    public void A_signal_is_at_QoS_1_and_has_a_length_of_as_many_bytes_as_it_needs(int size)
    {
        var payload = Encoding.ASCII.GetBytes(new string('x', size));
        var packet = new byte[MqttWriter.PublishSize("signals.mqtt", size)];

        var length = MqttWriter.Publish(packet, "signals.mqtt", 258, payload);

        var body = (byte[])[0, 12, .. "signals.mqtt"u8, 1, 2, .. payload];
        var written = packet.AsMemory(0, length);
        written.Span[^body.Length..].SequenceEqual(body).ShouldBeTrue();
        written.Span[0].ShouldBe((byte)0x32);
        var read = new List<MqttPacket>();
        new MqttPackets().Add(written, read.Add);
        read.ShouldHaveSingleItem().Body.Length.ShouldBe(body.Length);
        (length - body.Length).ShouldBe(
            body.Length switch
            {
                < 128 => 2,
                < 16_384 => 3,
                _ => 4,
            }
        );
    }

    [Fact]
    public void Heart_beat_and_farewell_are_two_bytes_each()
    {
        Shown(MqttWriter.PingRequest.Span).ShouldBe("C000");
        Shown(MqttWriter.Disconnect.Span).ShouldBe("E000");
    }

    private static string Shown(ReadOnlySpan<byte> bytes) => Convert.ToHexString(bytes);
}
