using SignalBroker.Nodes;

namespace SignalBroker.Broker;

/// <summary>The publishing connections to all nodes.</summary>
internal sealed class NodeLinks : BackgroundService
{
    private readonly Dictionary<string, NodeLink> byNode;
    private readonly NodeLink[] links;
    private uint turn;

    /// <summary>Prepares a link to each configured node.</summary>
    public NodeLinks(NodeCatalog catalog, IOptions<BrokerOptions> options, TimeProvider clock, ILogger<NodeLink> logger)
    {
        byNode = catalog.Nodes.ToDictionary(
            node => node.Name,
            node => new NodeLink(node, options.Value, clock, logger)
        );
        links = [.. byNode.Values];
    }

    /// <summary>Publishes to a session's queue; never throws.</summary>
    /// <param name="node">The name of the node that holds the queue.</param>
    /// <param name="body">What is delivered; it must not change before the outcome is there.</param>
    /// <param name="timeToLive">How long the message may wait in the queue.</param>
    public ValueTask<PublishOutcome> PublishAsync(
        string node,
        string queue,
        ReadOnlyMemory<byte> body,
        TimeSpan timeToLive
    ) =>
        byNode.TryGetValue(node, out var link)
            ? link.PublishAsync(queue, body, timeToLive)
            // The node was taken out of the configuration while sessions were on it.
            : ValueTask.FromResult(PublishOutcome.Unknown);

    /// <summary>Publishes to no queue, on the nodes in turn; never throws.</summary>
    /// <param name="body">What is published; it must not change before the outcome is there.</param>
    /// <param name="timeToLive">How long the message might wait in a queue.</param>
    public ValueTask<PublishOutcome> PublishNowhereAsync(ReadOnlyMemory<byte> body, TimeSpan timeToLive) =>
        links[(int)(Interlocked.Increment(ref turn) % (uint)links.Length)]
            .PublishAsync(Topology.ProbeKey, body, timeToLive);

    /// <summary>Publishes to many sessions' queues on one node; never throws.</summary>
    /// <remarks>
    /// Each part is one publish. The broker confirms it as soon as one of its queues has it, and returns it only when none
    /// is there. When one of them is full, it turns the publish away although the others have it.
    /// </remarks>
    /// <param name="node">The name of the node that holds the queues.</param>
    /// <param name="key">What every receiver sees as the destination, with a number behind it; no queue's name.</param>
    /// <param name="body">What is delivered; it must not change before the outcome is there.</param>
    /// <param name="timeToLive">How long the message may wait in each queue.</param>
    /// <returns>An outcome for each part, in their order.</returns>
    public Task<PublishOutcome[]> PublishAsync(
        string node,
        string key,
        string[][] parts,
        ReadOnlyMemory<byte> body,
        TimeSpan timeToLive
    ) =>
        byNode.TryGetValue(node, out var link)
            ? link.PublishAsync(key, parts, body, timeToLive)
            : Task.FromResult(Array.ConvertAll(parts, _ => PublishOutcome.Unknown));

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(byNode.Values.Select(link => link.RunAsync(stoppingToken)));
}
