using System.Text;

namespace SignalBroker.Tests.Harness;

/// <summary>Packets of MQTT 3.1.1, for those who read as little as they can.</summary>
public static class MqttPacket
{
    /// <summary>A clean session with user name and password, without a keep-alive.</summary>
    public static byte[] Connect(ConnectedSession session) =>
        Of(
            0x10,
            [
                .. Text("MQTT"),
                4,
                0xC2,
                0,
                0,
                .. Text(session.ListeningKey),
                .. Text(session.ListeningKey),
                .. Text(session.Passcode),
            ]
        );

    /// <summary>Number 1, at QoS 0.</summary>
    public static byte[] Subscribe(string filter) => Of(0x82, [0, 1, .. Text(filter), 0]);

    private static byte[] Text(string text) => [0, (byte)text.Length, .. Encoding.ASCII.GetBytes(text)];

    private static byte[] Of(byte type, byte[] rest)
    {
        byte[] length =
            rest.Length < 128 ? [(byte)rest.Length] : [(byte)(rest.Length % 128 | 128), (byte)(rest.Length / 128)];
        return [type, .. length, .. rest];
    }
}
