using SignalBroker.Broker;
using SignalBroker.Compatibility;
using SignalBroker.Nodes;
using SignalBroker.StrangeBehaviors;

namespace SignalBroker.BrokerEvents;

/// <summary>Removes queues that should not be there, and closes the connections that made them.</summary>
/// <remarks>Nobody waits for it: what can't be removed now, the next reconciliation finds again.</remarks>
internal sealed partial class QueueRemover(
    QueueEventStore store,
    ManagementApi management,
    OriginalConnections originals,
    NodeCatalog nodes,
    StrangeBehaviorLog strange,
    TimeProvider clock,
    ILogger<QueueRemover> logger
) : BackgroundService
{
    private const string JunkReason =
        "a session's queue must be exclusive, auto-delete and transient, without arguments";

    private readonly NodeWorkers<Func<CancellationToken, Task>> workers = new(nodes, clock);

    /// <summary>Closes a queue that belongs to no session, if it is still there.</summary>
    public void RemoveOrphan(Node node, string queue) => Enqueue(node, token => RemoveOrphanAsync(node, queue, token));

    /// <summary>Ends the session that declared a queue of the wrong kind, closes its connection and deletes the queue.</summary>
    public void RemoveJunk(Node node, string queue) => Enqueue(node, token => RemoveJunkAsync(node, queue, token));

    /// <summary>Looks at a queue that has arguments, and removes it if they are more than RabbitMQ's own.</summary>
    /// <param name="acknowledge">Called if the queue is as agreed.</param>
    public void Inspect(Node node, string queue, Func<Task> acknowledge) =>
        Enqueue(node, token => InspectAsync(node, queue, acknowledge, token));

    /// <summary>Closes the connections of an ended session.</summary>
    public void CloseConnections(Node node, string key) =>
        Enqueue(node, token => CloseAsync(node, key, "no such session", token));

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        workers.RunAsync(
            (_, removal, token) => removal(token),
            (node, count, reason) => LogNotRemoved(count, node.Name, reason),
            stoppingToken
        );

    private void Enqueue(Node node, Func<CancellationToken, Task> removal) => workers.Add(node.Name, removal);

    private async Task RemoveOrphanAsync(Node node, string queue, CancellationToken cancellationToken)
    {
        var key = Topology.KeyOf(queue)!;

        // The events of one queue may be handled in any order: it may have gone, and its session with it.
        if (await management.FindQueueAsync(node, queue, cancellationToken) is null)
        {
            return;
        }

        strange.Record(
            new(StrangeKind.QueueWithoutSession, "the queue belongs to no session; its connection is closed")
            {
                Node = node.Name,
                ListeningKey = key,
            }
        );
        await CloseAsync(node, key, "no such session", cancellationToken);
    }

    private async Task InspectAsync(
        Node node,
        string queue,
        Func<Task> acknowledge,
        CancellationToken cancellationToken
    )
    {
        var found = await management.FindQueueAsync(node, queue, cancellationToken);
        if (found is { IsAsAgreed: true })
        {
            await acknowledge();
        }
        else if (found is not null)
        {
            await RemoveJunkAsync(node, queue, cancellationToken);
        }
    }

    private async Task RemoveJunkAsync(Node node, string queue, CancellationToken cancellationToken)
    {
        var key = Topology.KeyOf(queue)!;
        var (userId, address) = await store.EndAsync(node.Name, key);
        if (userId is null && await management.FindQueueAsync(node, queue, cancellationToken) is null)
        {
            // Another webapp, or a listing, has seen it too and was faster.
            return;
        }

        strange.Record(
            new(StrangeKind.JunkQueue, JunkReason)
            {
                Node = node.Name,
                ListeningKey = key,
                UserId = userId,
                Address = address,
            }
        );
        await CloseAsync(node, key, JunkReason, cancellationToken);
        if (await management.FindQueueAsync(node, queue, cancellationToken) is { IsExclusive: false })
        {
            await management.DeleteQueueAsync(node, queue, JunkReason, cancellationToken);
        }
    }

    private async Task CloseAsync(Node node, string key, string reason, CancellationToken cancellationToken)
    {
        await management.CloseConnectionsAsync(node, key, reason, cancellationToken);
        await originals.CloseAsync(node, key, reason, cancellationToken);
    }

    [LoggerMessage(LogLevel.Warning, "Removing {Count} queues or connections of node {Node} was postponed: {Reason}")]
    private partial void LogNotRemoved(int count, string node, string reason);
}
