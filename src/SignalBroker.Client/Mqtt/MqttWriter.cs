using System.Buffers.Binary;
using System.Text;

namespace SignalBroker.Client.Mqtt;

/// <summary>Writes the packets of MQTT 3.1.1 that a listener sends.</summary>
internal static class MqttWriter
{
    private const byte Level311 = 4;
    private const byte UserNamePasswordAndCleanSession = 0b1100_0010;
    private const byte SubscribeFlags = 0b0010;
    private const byte AtLeastOnce = 0b0010;

    // A type, and the longest length.
    private const int LargestHead = 5;

    public static ReadOnlyMemory<byte> PingRequest { get; } = Empty(MqttPacketType.PingRequest);

    public static ReadOnlyMemory<byte> Disconnect { get; } = Empty(MqttPacketType.Disconnect);

    /// <summary>Logs in with a clean session.</summary>
    /// <param name="name">The user name, and the client id as well.</param>
    /// <param name="password">The password.</param>
    /// <param name="keepAlive">After one and a half times as much silence the node closes; 1 to 65,535 seconds.</param>
    public static ReadOnlyMemory<byte> Connect(string name, string password, int keepAlive)
    {
        var length = SizeOf("MQTT") + 4 + (2 * SizeOf(name)) + SizeOf(password);
        var packet = new byte[LargestHead + length];
        var rest = WriteHead(packet, (int)MqttPacketType.Connect << 4, length);
        rest = WriteText(rest, "MQTT");
        (rest[0], rest[1]) = (Level311, UserNamePasswordAndCleanSession);
        rest = WriteNumber(rest[2..], keepAlive);
        rest = WriteText(rest, name);
        rest = WriteText(rest, name);
        rest = WriteText(rest, password);
        return packet.AsMemory(..^rest.Length);
    }

    /// <summary>Subscribes to one topic, at QoS 0.</summary>
    public static ReadOnlyMemory<byte> Subscribe(string topic, int id)
    {
        var length = 2 + SizeOf(topic) + 1;
        var packet = new byte[LargestHead + length];
        var rest = WriteHead(packet, ((int)MqttPacketType.Subscribe << 4) | SubscribeFlags, length);
        rest = WriteNumber(rest, id);
        rest = WriteText(rest, topic);
        rest[0] = 0;
        return packet.AsMemory(..^(rest.Length - 1));
    }

    /// <summary>How many bytes <see cref="Publish"/> needs at most.</summary>
    public static int PublishSize(string topic, int payloadLength) => LargestHead + SizeOf(topic) + 2 + payloadLength;

    /// <summary>Publishes at QoS 1, under an id from 1 to 65,535 that no other packet on its way has.</summary>
    /// <returns>How many bytes it is.</returns>
    public static int Publish(Span<byte> packet, string topic, int id, ReadOnlySpan<byte> payload)
    {
        var length = SizeOf(topic) + 2 + payload.Length;
        var rest = WriteHead(packet, ((int)MqttPacketType.Publish << 4) | AtLeastOnce, length);
        rest = WriteText(rest, topic);
        rest = WriteNumber(rest, id);
        payload.CopyTo(rest);
        return packet.Length - rest.Length + payload.Length;
    }

    private static byte[] Empty(MqttPacketType type) => [(byte)((int)type << 4), 0];

    private static int SizeOf(string text) => 2 + Encoding.UTF8.GetByteCount(text);

    private static Span<byte> WriteHead(Span<byte> rest, int head, int length)
    {
        rest[0] = (byte)head;
        var written = 1;
        while (length > 0x7F)
        {
            rest[written++] = (byte)(length | 0x80);
            length >>= 7;
        }

        rest[written++] = (byte)length;
        return rest[written..];
    }

    private static Span<byte> WriteText(Span<byte> rest, string text)
    {
        var count = Encoding.UTF8.GetBytes(text, rest[2..]);
        BinaryPrimitives.WriteUInt16BigEndian(rest, (ushort)count);
        return rest[(2 + count)..];
    }

    private static Span<byte> WriteNumber(Span<byte> rest, int number)
    {
        BinaryPrimitives.WriteUInt16BigEndian(rest, (ushort)number);
        return rest[2..];
    }
}
