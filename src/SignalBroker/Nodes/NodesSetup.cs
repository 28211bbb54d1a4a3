using SignalBroker.Hosting;
using SignalBroker.Http;

namespace SignalBroker.Nodes;

/// <summary>Wires the nodes.</summary>
public static class NodesSetup
{
    extension(WebApplicationBuilder builder)
    {
        /// <summary>Adds the catalog of the configured nodes.</summary>
        public void AddNodes()
        {
            var nodes = builder.Configuration.GetSection(NodeOptions.Section).Get<List<NodeOptions>>() ?? [];
            Validate(nodes);
            builder.Services.Configure<List<NodeOptions>>(options => options.AddRange(nodes));
            builder.Services.AddSingleton<NodeCatalog>();
        }
    }

    extension(WebApplication app)
    {
        /// <summary>Maps the list of nodes on the internal port.</summary>
        public void MapNodes() =>
            app.MapGet(
                    "/admin/nodes",
                    (NodeCatalog catalog) =>
                        TypedResults.Ok(
                            catalog.Nodes.Select(node => new NodeReport(
                                node.Name,
                                node.ListeningAddress,
                                node.State,
                                node.Sessions,
                                node.Capacity
                            ))
                        )
                )
                .ExcludeFromDescription();
    }

    private static void Validate(List<NodeOptions> nodes)
    {
        if (nodes.Count == 0)
        {
            throw new InvalidSettingException(
                "Nodes: is empty: at least one RabbitMQ node is needed, as Nodes:0:Name."
            );
        }

        for (var index = 0; index < nodes.Count; index++)
        {
            var node = nodes[index];
            var key = $"{NodeOptions.Section}:{index}";
            Settings.Check(key, node);
            CheckScheme($"{key}:ListeningAddress", node.ListeningAddress!, "ws", "wss");
            CheckScheme($"{key}:AmqpAddress", node.AmqpAddress!, "amqp", "amqps");
            CheckScheme($"{key}:ManagementAddress", node.ManagementAddress!, "http", "https");
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
public sealed record NodeReport(string Name, string ListeningAddress, NodeState State, int Sessions, int Capacity);
