namespace SignalBroker.Client;

/// <summary>How signals come in.</summary>
public enum ListensBy
{
    /// <summary>From the session's node, over a WebSocket.</summary>
    WebSocket,

    /// <summary>From the webapp, as server-sent events: where WebSockets are blocked.</summary>
    ServerSentEvents,
}
