namespace SignalBroker.Client;

/// <summary>What a client and its node speak over a WebSocket.</summary>
public enum SocketProtocol
{
    /// <summary>MQTT 3.1.1, where the node offers it: a listener costs the node a quarter of what it does by STOMP.</summary>
    Mqtt,

    /// <summary>STOMP 1.2, which every node speaks.</summary>
    Stomp,
}
