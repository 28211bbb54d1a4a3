using SignalBroker.Client;

namespace SignalBroker.Storm.Clients;

/// <summary>What devices listen by.</summary>
public enum ListenerProtocol
{
    /// <summary>MQTT over a WebSocket; a node that does not offer it is an error.</summary>
    Mqtt,

    /// <summary>STOMP over a WebSocket.</summary>
    Stomp,

    /// <summary>Server-sent events.</summary>
    Sse,
}

/// <summary>The client library's words for it.</summary>
internal static class ListenerProtocols
{
    extension(ListenerProtocol? protocol)
    {
        public ListensBy Way => protocol == ListenerProtocol.Sse ? ListensBy.ServerSentEvents : ListensBy.WebSocket;

        /// <summary>Null for the best that the node offers.</summary>
        public SocketProtocol? OfSocket =>
            protocol switch
            {
                ListenerProtocol.Mqtt => SocketProtocol.Mqtt,
                ListenerProtocol.Stomp => SocketProtocol.Stomp,
                _ => null,
            };
    }

    extension(ListenerProtocol protocol)
    {
        /// <summary>Its name as it is typed.</summary>
        public string Word => protocol.ToString().ToLowerInvariant();
    }

    extension(ClientState.Listening listening)
    {
        public ListenerProtocol ByProtocol =>
            listening.Protocol switch
            {
                SocketProtocol.Mqtt => ListenerProtocol.Mqtt,
                SocketProtocol.Stomp => ListenerProtocol.Stomp,
                _ => ListenerProtocol.Sse,
            };
    }
}
