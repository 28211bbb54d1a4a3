namespace SignalBroker.Nodes;

internal static class NodesSetup
{
    extension(WebApplicationBuilder builder)
    {
        /// <summary>Adds the catalog of the nodes, which begins with the configured ones.</summary>
        public void AddNodes()
        {
            var nodes = builder.ReadEntries<NodeOptions>(NodeOptions.Section).ConvertAll(Read);
            var credentials = builder.ReadEntries<NodeCredentialsOptions>(NodeCredentialsOptions.Section);
            if (nodes.Count == 0 && credentials.Count == 0)
            {
                throw new InvalidSettingException(
                    "Nodes: is empty: at least one RabbitMQ node is needed, as Nodes:0:Name; or NodeCredentials:0:AmqpUser, for nodes that are added later."
                );
            }

            CheckNames(NodeOptions.Section, nodes.Select(node => node.Name));
            CheckNames(NodeCredentialsOptions.Section, credentials.Select(entry => entry.Value.Node ?? ""));
            builder.Services.Configure<List<NodeOptions>>(options => options.AddRange(nodes));
            builder.Services.Configure<List<NodeCredentialsOptions>>(options =>
                options.AddRange(credentials.Select(entry => entry.Value))
            );
            builder.AddSettings<RegionsOptions>(RegionsOptions.Section);
            builder.Services.AddSingleton<Regions>();
            builder.Services.AddSingleton<NodeCatalog>();
            builder.Services.AddSingleton<NodesMetrics>();
            builder.Services.AddSingleton<NodeCredentials>();
        }
    }

    private static NodeOptions Read((string Key, NodeOptions Value) entry) =>
        NodeRules.FirstBroken(entry.Value) is var (setting, rule)
            ? throw new InvalidSettingException($"{entry.Key}:{setting}: {rule}.")
            : entry.Value;

    private static void CheckNames(string section, IEnumerable<string> names)
    {
        if (names.GroupBy(name => name).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw new InvalidSettingException(
                twice.Key.Length == 0
                    ? $"{section}: two entries are for all nodes."
                    : $"{section}: two nodes are called {twice.Key}; a node's name must be its own."
            );
        }
    }
}
