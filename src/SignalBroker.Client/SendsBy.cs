namespace SignalBroker.Client;

/// <summary>How signals go out.</summary>
public enum SendsBy
{
    /// <summary>By a request to the webapp for each.</summary>
    Http,

    /// <summary>
    /// Through the WebSocket that the client listens on, from where a webapp takes them. It saves the requests of a client
    /// that sends often, and costs the nodes more. It is by HTTP without a WebSocket, by MQTT at a node older than
    /// RabbitMQ 4.3, for more than 64 KiB, and while
    /// <see cref="SignalBrokerClientOptions.MaxUnreadSignals"/> wait to be read: no answer could come through the socket then.
    /// </summary>
    Socket,
}
