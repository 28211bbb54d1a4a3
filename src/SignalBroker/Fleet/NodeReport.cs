using System.ComponentModel.DataAnnotations;
using SignalBroker.Nodes;

namespace SignalBroker.Fleet;

/// <summary>A node as the internal port shows it.</summary>
/// <param name="Name">Its name, as in its own <c>auth_http</c> paths.</param>
/// <param name="State">Whether it gets new sessions, and why not.</param>
/// <param name="Since">Since when, as far as the webapp that answers has seen it.</param>
/// <param name="Why">What else there is to know of its state.</param>
/// <param name="Sessions">How many sessions it holds, counted every few seconds.</param>
/// <param name="Capacity">How many it should hold.</param>
/// <param name="Version">The version of its RabbitMQ, as soon as it is known.</param>
/// <param name="Region">Where it stands, if that was said.</param>
/// <param name="Labels">The words by which operators tell nodes apart.</param>
/// <param name="Configured">Whether the settings describe it; otherwise it was added while the webapps ran.</param>
/// <param name="ListeningAddress">The address at which browsers listen by STOMP.</param>
/// <param name="MqttAddress">The address at which browsers listen by MQTT, if the node offers that.</param>
internal sealed record NodeReport(
    string Name,
    NodeState State,
    DateTimeOffset Since,
    string? Why,
    int Sessions,
    int Capacity,
    string? Version,
    string? Region,
    IReadOnlyList<string> Labels,
    bool Configured,
    string ListeningAddress,
    string? MqttAddress
)
{
    /// <summary>What this webapp knows of a node.</summary>
    public static NodeReport Of(Node node) =>
        new(
            node.Name,
            node.State,
            node.Since,
            node.Why,
            node.Sessions,
            node.Capacity,
            node.Version?.ToString(),
            node.Region,
            node.Labels,
            node.IsConfigured,
            node.ListeningAddress,
            node.OffersMqtt ? node.MqttAddress : null
        );

    /// <summary>A node that this webapp can't log in to.</summary>
    public static NodeReport OfUnusable(StoredNode node, DateTimeOffset since) =>
        new(
            node.Name,
            NodeState.Unreachable,
            since,
            "this webapp has no NodeCredentials for it",
            Sessions: 0,
            node.Capacity,
            Version: null,
            node.Region,
            node.Labels,
            Configured: false,
            node.ListeningAddress!,
            node.MqttAddress
        );
}

/// <summary>How many sessions a node holds beyond its share.</summary>
/// <param name="Name">The node's name.</param>
/// <param name="Sessions">How many are to move.</param>
internal sealed record NodeSurplus(string Name, int Sessions);

/// <summary>What a node is.</summary>
/// <param name="ListeningAddress">The public <c>ws://</c> or <c>wss://</c> address at which browsers listen by STOMP.</param>
/// <param name="AmqpAddress">The internal <c>amqp://host:port/vhost</c> or <c>amqps://</c> address, without user and password.</param>
/// <param name="ManagementAddress">The internal <c>http://host:port/</c> address of the management API, without user and password.</param>
/// <param name="MqttAddress">The public address at which browsers listen by MQTT; left out where they don't.</param>
/// <param name="Stomp">Whether sessions may listen by STOMP where they may by MQTT.</param>
/// <param name="Capacity">How many sessions the node should hold.</param>
/// <param name="Region">Where the node stands.</param>
/// <param name="Labels">Words by which operators tell nodes apart.</param>
internal sealed record NodeDefinition(
    string? ListeningAddress = null,
    string? AmqpAddress = null,
    string? ManagementAddress = null,
    string? MqttAddress = null,
    bool Stomp = true,
    [property: Range(0, NodeDefinition.LargestCapacity)] int Capacity = 10_000,
    [property: RegularExpression(NodeOptions.NamePattern)] string? Region = null,
    IReadOnlyList<string>? Labels = null
)
{
    public const int LargestCapacity = 1_000_000;
}

/// <summary>What is to be different about a node; what is left out stays.</summary>
/// <param name="State"><c>draining</c> gives it no more sessions, so that it can be taken away; <c>ready</c> undoes that.</param>
/// <param name="Capacity">How many sessions it should hold.</param>
/// <param name="Region">Where it stands.</param>
/// <param name="Labels">Words by which operators tell nodes apart.</param>
internal sealed record NodeChange(
    [property: AllowedValues(NodeChange.Ready, NodeChange.Draining)] string? State = null,
    [property: Range(0, NodeDefinition.LargestCapacity)] int? Capacity = null,
    [property: RegularExpression(NodeOptions.NamePattern)] string? Region = null,
    IReadOnlyList<string>? Labels = null
)
{
    public const string Ready = "ready";
    public const string Draining = "draining";
}
