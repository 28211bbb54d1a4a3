namespace SignalBroker.Nodes;

/// <summary>How webapps log in to nodes that are added while they run.</summary>
internal sealed class NodeCredentials(IOptions<List<NodeCredentialsOptions>> options)
{
    private readonly Dictionary<string, NodeCredentialsOptions> byNode = options.Value.ToDictionary(entry =>
        entry.Node ?? ""
    );

    /// <summary>Finds the credentials for a node; null where there are none.</summary>
    public NodeCredentialsOptions? Find(string node) => byNode.GetValueOrDefault(node) ?? byNode.GetValueOrDefault("");

    /// <summary>Adds a user and a password to an address.</summary>
    public static Uri Add(Uri address, string user, string password) =>
        new UriBuilder(address)
        {
            UserName = Uri.EscapeDataString(user),
            Password = Uri.EscapeDataString(password),
        }.Uri;
}
