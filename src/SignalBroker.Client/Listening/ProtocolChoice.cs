using SignalBroker.Client.Http;

namespace SignalBroker.Client.Listening;

/// <summary>
/// What to speak over the next WebSocket, of what the node offers: what the application wants; or MQTT, and STOMP where
/// something lets only that through.
/// </summary>
internal sealed class ProtocolChoice(SocketProtocol? wanted, TimeProvider time)
{
    /// <summary>How long STOMP is spoken until MQTT is tried once more.</summary>
    public static readonly TimeSpan FallbackLasts = WayChoice.FallbackLasts;

    private long? fellBackAt;

    /// <summary>What to try with a session, in this order.</summary>
    /// <returns>Nothing if the node does not offer what the application wants.</returns>
    public IEnumerable<SocketProtocol> For(OpenSession session)
    {
        var avoidsMqtt = session.OffersStomp && fellBackAt is { } since && time.GetElapsedTime(since) < FallbackLasts;
        if (session.Mqtt is not null && wanted != SocketProtocol.Stomp && (wanted is not null || !avoidsMqtt))
        {
            yield return SocketProtocol.Mqtt;
        }

        if (session.OffersStomp && wanted != SocketProtocol.Mqtt)
        {
            yield return SocketProtocol.Stomp;
        }
    }

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
