using System.Buffers.Binary;

namespace SignalBroker.Client.Mqtt;

/// <summary>A packet of MQTT 3.1.1 as it lies in a buffer.</summary>
/// <param name="Head">Its first byte: the type, and four flags.</param>
/// <param name="Body">What follows its length.</param>
internal readonly record struct MqttPacket(byte Head, ReadOnlyMemory<byte> Body)
{
    private const int QualityOfService = 0b0110;

    public MqttPacketType Type => (MqttPacketType)(Head >> 4);

    /// <summary>What a PUBLISH at QoS 0 brings, behind its topic.</summary>
    /// <exception cref="InvalidDataException">It is at another QoS, or shorter than it says.</exception>
    public ReadOnlyMemory<byte> Payload
    {
        get
        {
            var start = Body.Length < 2 ? 2 : 2 + BinaryPrimitives.ReadUInt16BigEndian(Body.Span);
            return (Head & QualityOfService) == 0 && start <= Body.Length
                ? Body[start..]
                : throw new InvalidDataException("The node sent a PUBLISH that nobody can have asked for.");
        }
    }

    /// <summary>The code of a CONNACK, or of a SUBACK for one topic.</summary>
    /// <exception cref="InvalidDataException">There is none.</exception>
    public byte Code =>
        Body.Span is [_, .., var code] ? code : throw new InvalidDataException("The node's answer holds no code.");
}

/// <summary>The types of packets that a listener meets (MQTT 3.1.1, section 2.2.1).</summary>
internal enum MqttPacketType
{
    None = 0,
    Connect = 1,
    ConnAck = 2,
    Publish = 3,
    PubAck = 4,
    Subscribe = 8,
    SubAck = 9,
    PingRequest = 12,
    PingResponse = 13,
    Disconnect = 14,
}
