using SignalBroker.Client.WebSockets;

namespace SignalBroker.Client.Mqtt;

/// <summary>Splits what arrives into packets of MQTT, wherever the WebSocket's messages begin and end.</summary>
internal sealed class MqttPackets
{
    private const int LongestLength = 4;
    private const int Continues = 0x80;

    private readonly Remainder remainder = new();

    /// <summary>Takes a packet, which is only valid within the call.</summary>
    public delegate void Handler(MqttPacket packet);

    /// <summary>Passes on every packet that is complete by now, and keeps the beginning of one that is not.</summary>
    /// <exception cref="InvalidDataException">It is no MQTT, or longer than 1 MiB.</exception>
    public void Add(ReadOnlyMemory<byte> arrived, Handler handler)
    {
        arrived = remainder.With(arrived);
        while (TryRead(ref arrived, out var packet))
        {
            handler(packet);
        }

        remainder.Keep(arrived);
    }

    // Section 2.2.3: seven bits of the length in each byte, the lowest first.
    private static bool TryRead(ref ReadOnlyMemory<byte> arrived, out MqttPacket packet)
    {
        packet = default;
        var bytes = arrived.Span;
        var length = 0;
        for (var n = 0; n < LongestLength; n++)
        {
            if (bytes.Length < n + 2)
            {
                return false;
            }

            var next = bytes[n + 1];
            length |= (next & ~Continues) << (7 * n);
            if ((next & Continues) == 0)
            {
                var start = n + 2;
                if (bytes.Length - start < length)
                {
                    return false;
                }

                packet = new(bytes[0], arrived.Slice(start, length));
                arrived = arrived[(start + length)..];
                return true;
            }
        }

        throw new InvalidDataException("The node sent a packet whose length has no end.");
    }
}
