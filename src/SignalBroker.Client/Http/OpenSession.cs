using System.Net.Http.Headers;
using System.Text;

namespace SignalBroker.Client.Http;

/// <summary>A session as <c>/connect</c> has answered it, its secret included.</summary>
internal sealed class OpenSession(
    SessionInfo info,
    string passcode,
    IceServers iceServers,
    MqttOffer? mqtt = null,
    bool offersStomp = true
)
{
    public SessionInfo Info { get; } = info;
    public string Passcode { get; } = passcode;
    public IceServers IceServers { get; } = iceServers;

    /// <summary>How to listen by MQTT; null where the node does not offer it.</summary>
    public MqttOffer? Mqtt { get; } = mqtt;

    public bool OffersStomp { get; } = offersStomp;

    /// <summary>Whether another one can take over from it: older servers know nothing of that.</summary>
    public bool CanBeSucceeded { get; init; }

    /// <summary>The Authorization header that proves the session (RFC 7617).</summary>
    public AuthenticationHeaderValue Authorization { get; } =
        new("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes($"{info.ListeningKey}:{passcode}")));
}

/// <summary>How to listen to a session by MQTT.</summary>
/// <param name="Address">The WebSocket's address.</param>
/// <param name="Subscribe">The one topic to subscribe to.</param>
/// <param name="Send">The topic to send signals to; null where they have to go over HTTP.</param>
internal sealed record MqttOffer(string Address, string Subscribe, string? Send);
