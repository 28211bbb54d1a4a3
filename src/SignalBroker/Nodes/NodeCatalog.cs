using System.Diagnostics.CodeAnalysis;

namespace SignalBroker.Nodes;

/// <summary>The known nodes, and the choice of one for the next session.</summary>
internal sealed class NodeCatalog
{
    /// <summary>The channel on which PostgreSQL announces that something about nodes has changed.</summary>
    public const string Channel = "nodes";

    private readonly Node[] configured;
    private volatile Snapshot snapshot;

    /// <summary>Knows the configured nodes.</summary>
    public NodeCatalog(IOptions<List<NodeOptions>> options, TimeProvider clock)
    {
        configured = [.. options.Value.Select(node => new Node(node, clock) { IsConfigured = true })];
        snapshot = new(configured);
    }

    /// <summary>All nodes, as they are at the moment.</summary>
    public IReadOnlyList<Node> Nodes => snapshot.Nodes;

    /// <summary>Finds a node by its name.</summary>
    public bool TryGet(string name, [NotNullWhen(true)] out Node? node) => snapshot.ByName.TryGetValue(name, out node);

    /// <summary>Whether a node has a user of its own with this name; no session may log in under it.</summary>
    public bool IsBrokerUser(string name) =>
        Nodes.Any(node => UserOf(node.AmqpAddress) == name || UserOf(node.ManagementAddress) == name);

    /// <summary>Chooses the node for the next session; null when no node takes any.</summary>
    /// <param name="busy">Those that can't take this one.</param>
    public Node? Choose(Random random, Placement? wanted = null, IReadOnlySet<Node>? busy = null) =>
        NodeChoice.Among(
            Nodes.Where(node => node.State == NodeState.Ready && busy?.Contains(node) != true),
            wanted ?? Placement.Anywhere,
            random
        );

    /// <summary>Replaces the nodes beside the configured ones. One caller at a time.</summary>
    public void Replace(IEnumerable<Node> others)
    {
        var before = snapshot;
        Node[] nodes = [.. configured, .. others];
        if (nodes.SequenceEqual(before.Nodes))
        {
            return;
        }

        snapshot = new(nodes);
        before.Replaced.SetResult();
    }

    /// <summary>Does a piece of work for each node, from the moment that it is known until it is so no longer.</summary>
    /// <param name="workAsync">Goes on until cancelled; what it throws before that ends the others too.</param>
    public async Task ForEachAsync(Func<Node, CancellationToken, Task> workAsync, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var working = new Dictionary<Node, (Task Work, CancellationTokenSource Ending)>();
        try
        {
            while (true)
            {
                var current = snapshot;
                foreach (var gone in working.Keys.Except(current.Nodes).ToArray())
                {
                    working.Remove(gone, out var worker);
                    await EndAsync(worker);
                }

                foreach (var node in current.Nodes.Where(node => !working.ContainsKey(node)))
                {
                    var own = CancellationTokenSource.CreateLinkedTokenSource(ending.Token);
                    working[node] = (workAsync(node, own.Token), own);
                }

                await await Task.WhenAny([current.Replaced.Task, .. working.Values.Select(worker => worker.Work)])
                    .WaitAsync(cancellationToken);
            }
        }
        finally
        {
            await ending.CancelAsync();
            await Task.WhenAll(working.Values.Select(EndAsync));
        }
    }

    private static async Task EndAsync((Task Work, CancellationTokenSource Ending) worker)
    {
        await worker.Ending.CancelAsync();
        await worker.Work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        worker.Ending.Dispose();
    }

    private static string UserOf(Uri address) => Uri.UnescapeDataString(address.UserInfo.Split(':')[0]);

    private sealed record Snapshot(Node[] Nodes)
    {
        public Dictionary<string, Node> ByName { get; } = Nodes.ToDictionary(node => node.Name);

        public TaskCompletionSource Replaced { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
