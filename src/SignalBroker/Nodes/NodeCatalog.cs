using System.Diagnostics.CodeAnalysis;

namespace SignalBroker.Nodes;

/// <summary>The known nodes, and the choice of one for the next session.</summary>
internal sealed class NodeCatalog
{
    private readonly Dictionary<string, Node> byName;

    /// <summary>Knows the configured nodes.</summary>
    public NodeCatalog(IOptions<List<NodeOptions>> options)
    {
        Nodes = [.. options.Value.Select(node => new Node(node))];
        byName = Nodes.ToDictionary(node => node.Name);
    }

    public IReadOnlyList<Node> Nodes { get; }

    /// <summary>Finds a node by its name.</summary>
    public bool TryGet(string name, [NotNullWhen(true)] out Node? node) => byName.TryGetValue(name, out node);

    /// <summary>Whether a node has a user of its own with this name; no session may log in under it.</summary>
    public bool IsBrokerUser(string name) =>
        Nodes.Any(node => UserOf(node.AmqpAddress) == name || UserOf(node.ManagementAddress) == name);

    /// <summary>
    /// Chooses the node for the next session: of two random nodes that take sessions, the one that is less full in
    /// relation to its capacity. Null when no node takes any.
    /// </summary>
    public Node? Choose(Random random)
    {
        var ready = Nodes.Where(node => node.State == NodeState.Ready).ToArray();
        if (ready.Length < 2)
        {
            return ready.FirstOrDefault();
        }

        random.Shuffle(ready);
        return Fullness(ready[0]) <= Fullness(ready[1]) ? ready[0] : ready[1];
    }

    private static string UserOf(Uri address) => Uri.UnescapeDataString(address.UserInfo.Split(':')[0]);

    private static double Fullness(Node node) => (double)node.Sessions / node.Capacity;
}
