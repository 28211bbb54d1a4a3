using SignalBroker.Nodes;

namespace SignalBroker.Broker;

/// <summary>The publishing connections to all nodes.</summary>
internal sealed class NodeLinks(
    NodeCatalog catalog,
    IOptions<BrokerOptions> options,
    BrokerMetrics metrics,
    TimeProvider clock,
    ILogger<NodeLink> logger
) : BackgroundService
{
    private readonly Lock changing = new();

    // Replaced under the lock, never changed.
    private volatile Links links = new([]);
    private uint turn;

    /// <summary>Publishes to a session's queue; never throws.</summary>
    /// <param name="node">The name of the node that holds the queue.</param>
    /// <param name="body">What is delivered; it must not change before the outcome is there.</param>
    /// <param name="timeToLive">How long the message may wait in the queue.</param>
    /// <param name="order">Its place among the others to the queue.</param>
    public ValueTask<PublishOutcome> PublishAsync(
        string node,
        string queue,
        ReadOnlyMemory<byte> body,
        TimeSpan timeToLive,
        PublishOrder order = PublishOrder.Usual
    ) =>
        links.ByNode.TryGetValue(node, out var link)
            ? link.PublishAsync(queue, body, timeToLive, order)
            // The node was taken away while sessions were on it.
            : ValueTask.FromResult(PublishOutcome.Unknown);

    /// <summary>Publishes to no queue, on the nodes in turn; never throws.</summary>
    /// <param name="body">What is published; it must not change before the outcome is there.</param>
    /// <param name="timeToLive">How long the message might wait in a queue.</param>
    public ValueTask<PublishOutcome> PublishNowhereAsync(ReadOnlyMemory<byte> body, TimeSpan timeToLive) =>
        links.All is { Length: > 0 } all
            ? all[Interlocked.Increment(ref turn) % (uint)all.Length]
                .PublishAsync(Topology.ProbeKey, body, timeToLive, PublishOrder.Free)
            : ValueTask.FromResult(PublishOutcome.Unknown);

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
        links.ByNode.TryGetValue(node, out var link)
            ? link.PublishAsync(key, parts, body, timeToLive)
            : Task.FromResult(Array.ConvertAll(parts, _ => PublishOutcome.Unknown));

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        catalog.ForEachAsync(RunAsync, stoppingToken);

    private async Task RunAsync(Node node, CancellationToken cancellationToken)
    {
        var link = new NodeLink(node, options.Value, metrics.TimesOf(node.Name), clock, logger);
        Change(all => [.. all, link]);
        try
        {
            await link.RunAsync(cancellationToken);
        }
        finally
        {
            Change(all => [.. all.Where(other => other != link)]);
        }
    }

    private void Change(Func<NodeLink[], NodeLink[]> change)
    {
        lock (changing)
        {
            links = new(change(links.All));
        }
    }

    private sealed record Links(NodeLink[] All)
    {
        public Dictionary<string, NodeLink> ByNode { get; } = All.ToDictionary(link => link.NodeName);
    }
}
