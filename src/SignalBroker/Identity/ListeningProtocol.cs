using System.Text.Json.Serialization;

namespace SignalBroker.Identity;

/// <summary>By what a session listens; the names are those of the API and of the sessions table.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ListeningProtocol>))]
internal enum ListeningProtocol
{
    /// <summary>STOMP 1.2 over WebSocket, at every node.</summary>
    [JsonStringEnumMemberName("stomp")]
    Stomp,

    /// <summary>MQTT 5 or 3.1.1 over WebSocket, at nodes that offer it.</summary>
    [JsonStringEnumMemberName("mqtt")]
    Mqtt,

    /// <summary>Server-sent events from a webapp, which listens in the session's place by AMQP.</summary>
    [JsonStringEnumMemberName("sse")]
    Sse,
}
