using Microsoft.Extensions.Options;
using SignalBroker.Nodes;

namespace SignalBroker.Broker;

/// <summary>The publishing connections to all nodes.</summary>
public sealed class NodeLinks : BackgroundService
{
    private readonly Dictionary<string, NodeLink> byNode;

    /// <summary>Prepares a link to each configured node.</summary>
    public NodeLinks(
        NodeCatalog catalog,
        IOptions<BrokerOptions> options,
        TimeProvider clock,
        ILogger<NodeLink> logger
    ) =>
        byNode = catalog.Nodes.ToDictionary(
            node => node.Name,
            node => new NodeLink(node, options.Value, clock, logger)
        );

    /// <summary>Publishes to a session's queue; never throws.</summary>
    /// <param name="node">The name of the node that holds the queue.</param>
    /// <param name="queue">The queue's name.</param>
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

    /// <inheritdoc />
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(byNode.Values.Select(link => link.RunAsync(stoppingToken)));
}
