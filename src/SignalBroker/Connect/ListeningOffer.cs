using SignalBroker.Broker;
using SignalBroker.Nodes;

namespace SignalBroker.Connect;

/// <summary>One way for a session to listen, and perhaps to send.</summary>
/// <param name="Protocol">The protocol that is spoken over the WebSocket.</param>
/// <param name="Address">The WebSocket's address.</param>
/// <param name="Subscribe">The one destination (STOMP) or topic filter (MQTT, at QoS 0) to subscribe to.</param>
/// <param name="Send">
/// The one destination or topic (MQTT, at QoS 1) to send signals to; left out where the node can't vouch for who sends.
/// </param>
internal sealed record ListeningOffer(ListeningProtocol Protocol, string Address, string Subscribe, string? Send)
{
    /// <summary>What a node offers to a session, best first. The first login decides, and it is the only one.</summary>
    public static IEnumerable<ListeningOffer> Of(Node node, string listeningKey)
    {
        if (node.OffersMqtt)
        {
            yield return new(
                ListeningProtocol.Mqtt,
                node.MqttAddress!,
                listeningKey,
                node.ProvesMqttSenders ? Topology.MqttSendTopic : null
            );
        }

        if (node.OffersStomp)
        {
            yield return new(
                ListeningProtocol.Stomp,
                node.ListeningAddress,
                $"/queue/{listeningKey}",
                $"/exchange/{Topology.SignalsExchange}/{listeningKey}"
            );
        }
    }
}
