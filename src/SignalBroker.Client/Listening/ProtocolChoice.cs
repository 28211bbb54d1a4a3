using SignalBroker.Client.Http;

namespace SignalBroker.Client.Listening;

/// <summary>
/// What to speak over the next WebSocket: what the application wants; or MQTT where the node offers it, and STOMP where
/// something lets only that through.
/// </summary>
internal sealed class ProtocolChoice(SocketProtocol? wanted, TimeProvider time)
{
    /// <summary>How long STOMP is spoken until MQTT is tried once more.</summary>
    public static readonly TimeSpan FallbackLasts = WayChoice.FallbackLasts;

    private static readonly SocketProtocol[] OnlyMqtt = [SocketProtocol.Mqtt];
    private static readonly SocketProtocol[] OnlyStomp = [SocketProtocol.Stomp];
    private static readonly SocketProtocol[] MqttFirst = [SocketProtocol.Mqtt, SocketProtocol.Stomp];

    private long? fellBackAt;

    /// <summary>What to try with a session, in this order.</summary>
    /// <returns>Nothing if the node does not offer what the application wants.</returns>
    public IReadOnlyList<SocketProtocol> For(OpenSession session) =>
        wanted == SocketProtocol.Stomp ? OnlyStomp
        : session.Mqtt is null ? (wanted is null ? OnlyStomp : [])
        : wanted is not null ? OnlyMqtt
        : fellBackAt is { } since && time.GetElapsedTime(since) < FallbackLasts ? OnlyStomp
        : MqttFirst;

    public void Succeeded(SocketProtocol by)
    {
        if (by == SocketProtocol.Mqtt)
        {
            fellBackAt = null;
        }
    }

    /// <summary>Notes that the node has not answered by this protocol.</summary>
    // If it does not by STOMP either, MQTT is not to blame.
    public void Failed(SocketProtocol by) => fellBackAt = by == SocketProtocol.Mqtt ? time.GetTimestamp() : null;
}
