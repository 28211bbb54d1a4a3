using Microsoft.AspNetCore.Http.HttpResults;

namespace SignalBroker.Nodes;

internal static class NodesSetup
{
    extension(WebApplicationBuilder builder)
    {
        /// <summary>Adds the catalog of the configured nodes.</summary>
        public void AddNodes()
        {
            builder.AddJson(NodesJson.Default);
            var nodes = builder.ReadEntries<NodeOptions>(NodeOptions.Section).ConvertAll(Read);
            Validate(nodes);
            builder.Services.Configure<List<NodeOptions>>(options => options.AddRange(nodes));
            builder.Services.AddSingleton<NodeCatalog>();
        }
    }

    extension(WebApplication app)
    {
        /// <summary>Maps the list of nodes on the internal port.</summary>
        public void MapNodes() =>
            app.MapGet("/admin/nodes", List).WithName("listNodes").IsInternal().Produces<IEnumerable<NodeReport>>();
    }

    /// <summary>Lists the nodes as this webapp sees them.</summary>
    /// <remarks>On the internal port only.</remarks>
    private static Ok<IEnumerable<NodeReport>> List(NodeCatalog catalog) =>
        TypedResults.Ok(
            catalog.Nodes.Select(node => new NodeReport(
                node.Name,
                node.ListeningAddress,
                node.OffersMqtt ? node.MqttAddress : null,
                node.Version?.ToString(),
                node.State,
                node.Sessions,
                node.Capacity
            ))
        );

    private static NodeOptions Read((string Key, NodeOptions Value) entry)
    {
        var (key, node) = entry;
        CheckScheme($"{key}:ListeningAddress", node.ListeningAddress!, "ws", "wss");
        if (node.MqttAddress is { } mqttAddress)
        {
            CheckScheme($"{key}:MqttAddress", mqttAddress, "ws", "wss");
        }
        else if (!node.Stomp)
        {
            throw new InvalidSettingException($"{key}:Stomp: can't be false where there is no {key}:MqttAddress.");
        }

        CheckScheme($"{key}:AmqpAddress", node.AmqpAddress!, "amqp", "amqps");
        CheckScheme($"{key}:ManagementAddress", node.ManagementAddress!, "http", "https");
        return node;
    }

    private static void Validate(List<NodeOptions> nodes)
    {
        if (nodes.Count == 0)
        {
            throw new InvalidSettingException(
                "Nodes: is empty: at least one RabbitMQ node is needed, as Nodes:0:Name."
            );
        }

        if (nodes.GroupBy(node => node.Name).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw new InvalidSettingException(
                $"Nodes: two nodes are called {twice.Key}; a node's name must be its own."
            );
        }
    }

    private static void CheckScheme(string key, Uri address, params string[] schemes)
    {
        // The address itself stays out of the message: it may hold a password.
        if (!address.IsAbsoluteUri || !schemes.Contains(address.Scheme))
        {
            throw new InvalidSettingException(
                $"{key}: must be an address that begins with {string.Join(":// or ", schemes)}://."
            );
        }
    }
}

/// <summary>A node as the internal port shows it.</summary>
/// <param name="Name">Its name in the settings.</param>
/// <param name="ListeningAddress">The address at which browsers listen by STOMP.</param>
/// <param name="MqttAddress">The address at which browsers listen by MQTT, if the node offers that.</param>
/// <param name="Version">The version of its RabbitMQ, as soon as it is known.</param>
/// <param name="State">Whether it gets new sessions, and why not.</param>
/// <param name="Sessions">How many sessions it holds, counted every few seconds.</param>
/// <param name="Capacity">How many it should hold.</param>
internal sealed record NodeReport(
    string Name,
    string ListeningAddress,
    string? MqttAddress,
    string? Version,
    NodeState State,
    int Sessions,
    int Capacity
);
