using System.Buffers.Binary;
using System.Net.WebSockets;
using System.Text;

namespace SignalBroker.Bench.Systems;

/// <summary>What a message of a node says.</summary>
public enum NodeMessage
{
    /// <summary>Nothing that matters.</summary>
    Other,

    /// <summary>The login was right.</summary>
    LoggedIn,

    /// <summary>The client listens.</summary>
    Listening,

    /// <summary>A signal.</summary>
    Signal,

    /// <summary>The node refuses what was asked.</summary>
    Refusal,
}

/// <summary>How a client speaks to its node: just enough to listen to its own queue.</summary>
public abstract class NodeProtocol
{
    /// <summary>STOMP 1.2.</summary>
    public static NodeProtocol Stomp { get; } = new StompProtocol();

    /// <summary>MQTT 3.1.1, at QoS 0.</summary>
    public static NodeProtocol Mqtt { get; } = new MqttProtocol();

    /// <summary>What people call it.</summary>
    public abstract string Name { get; }

    /// <summary>The WebSocket's subprotocol.</summary>
    public abstract string Subprotocol { get; }

    /// <summary>How its messages are sent.</summary>
    public abstract WebSocketMessageType MessageType { get; }

    /// <summary>What is sent now and then, so that the node does not take the client for dead.</summary>
    public abstract ReadOnlyMemory<byte> Heartbeat { get; }

    /// <summary>The queue of a client that is logged in with this key.</summary>
    public abstract string QueueOf(string key);

    /// <summary>Logs in.</summary>
    public abstract byte[] Login(string key, string passcode);

    /// <summary>Subscribes to one's own queue.</summary>
    public abstract byte[] Subscription(string key);

    /// <summary>Reads what a message says.</summary>
    public abstract NodeMessage Read(ReadOnlySpan<byte> message);

    private sealed class StompProtocol : NodeProtocol
    {
        public override string Name => "STOMP";

        public override string Subprotocol => "v12.stomp";

        public override WebSocketMessageType MessageType => WebSocketMessageType.Text;

        public override ReadOnlyMemory<byte> Heartbeat { get; } = "\n"u8.ToArray();

        public override string QueueOf(string key) => key;

        public override byte[] Login(string key, string passcode) =>
            Encoding.UTF8.GetBytes(
                $"CONNECT\naccept-version:1.2\nhost:/\nheart-beat:20000,0\nlogin:{key}\npasscode:{passcode}\n\n\0"
            );

        public override byte[] Subscription(string key) =>
            Encoding.UTF8.GetBytes(
                $"SUBSCRIBE\nid:0\ndestination:/queue/{key}\nack:auto\nexclusive:true\nauto-delete:true\ndurable:false\nreceipt:0\n\n\0"
            );

        public override NodeMessage Read(ReadOnlySpan<byte> message) =>
            message.StartsWith("MESSAGE\n"u8) ? NodeMessage.Signal
            : message.StartsWith("CONNECTED\n"u8) ? NodeMessage.LoggedIn
            : message.StartsWith("RECEIPT\n"u8) ? NodeMessage.Listening
            : message.StartsWith("ERROR\n"u8) ? NodeMessage.Refusal
            : NodeMessage.Other;
    }

    private sealed class MqttProtocol : NodeProtocol
    {
        private const ushort KeepAliveSeconds = 60;

        public override string Name => "MQTT";

        public override string Subprotocol => "mqtt";

        public override WebSocketMessageType MessageType => WebSocketMessageType.Binary;

        public override ReadOnlyMemory<byte> Heartbeat { get; } = new byte[] { 0xC0, 0 };

        public override string QueueOf(string key) => $"mqtt-subscription-{key}qos0";

        // Level 4; a clean session, a user name and a password.
        public override byte[] Login(string key, string passcode) =>
            Packet(
                0x10,
                [.. Text("MQTT"), 4, 0xC2, 0, (byte)KeepAliveSeconds, .. Text(key), .. Text(key), .. Text(passcode)]
            );

        public override byte[] Subscription(string key) => Packet(0x82, [0, 1, .. Text(key), 0]);

        public override NodeMessage Read(ReadOnlySpan<byte> message) =>
            message switch
            {
                [0x30, ..] => NodeMessage.Signal,
                [0x20, 2, _, 0] => NodeMessage.LoggedIn,
                [0x90, 3, _, _, 0] => NodeMessage.Listening,
                [0x20 or 0x90, ..] => NodeMessage.Refusal,
                _ => NodeMessage.Other,
            };

        private static byte[] Text(string text)
        {
            var length = new byte[sizeof(ushort)];
            BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)text.Length);
            return [.. length, .. Encoding.ASCII.GetBytes(text)];
        }

        private static byte[] Packet(byte type, byte[] rest)
        {
            byte[] length =
                rest.Length < 128 ? [(byte)rest.Length] : [(byte)(rest.Length % 128 | 128), (byte)(rest.Length / 128)];
            return [type, .. length, .. rest];
        }
    }
}
