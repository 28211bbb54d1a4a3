using SignalBroker.Broker;
using SignalBroker.Nodes;
using SignalBroker.StrangeBehaviors;

namespace SignalBroker.BrokerEvents;

/// <summary>Handles a batch of a node's events.</summary>
public sealed partial class QueueEventHandler(
    QueueEventStore store,
    ManagementApi management,
    StrangeBehaviorLog strange,
    ILogger<QueueEventHandler> logger
)
{
    /// <summary>Handles the events; when it returns, what they change is committed.</summary>
    public async Task HandleAsync(
        Node node,
        IReadOnlyCollection<QueueEvent> events,
        CancellationToken cancellationToken
    )
    {
        var created = new HashSet<string>();
        var deleted = new HashSet<string>();
        var junk = new HashSet<string>();
        foreach (var queue in events)
        {
            var kind =
                !queue.Created ? deleted
                : queue.IsAsAgreed ? created
                : junk;
            kind.Add(queue.ListeningKey);
        }

        var orphans = await store.ApplyAsync(node.Name, created, deleted);
        try
        {
            foreach (var key in orphans)
            {
                await CloseOrphanAsync(node, key, cancellationToken);
            }

            foreach (var key in junk)
            {
                await RemoveJunkAsync(node, key, cancellationToken);
            }
        }
        catch (Exception failure) when (failure is HttpRequestException or TimeoutException or TaskCanceledException)
        {
            // The acks of others don't wait for the management API; the sweep closes what is left.
            cancellationToken.ThrowIfCancellationRequested();
            LogNotClosed(node.Name, failure.Message);
        }
    }

    /// <summary>Closes a queue that belongs to no session, if it is still there.</summary>
    public async Task CloseOrphanAsync(Node node, string key, CancellationToken cancellationToken)
    {
        var queue = Topology.QueueOf(key);

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
        await CloseListenerAsync(node, key, "no such session", cancellationToken);
    }

    /// <summary>Ends the session that declared a queue of the wrong kind, closes its connection and deletes the queue.</summary>
    public async Task RemoveJunkAsync(Node node, string key, CancellationToken cancellationToken)
    {
        const string Reason = "a session's queue must be exclusive, auto-delete and transient, without arguments";
        strange.Record(
            new(StrangeKind.JunkQueue, Reason)
            {
                Node = node.Name,
                ListeningKey = key,
                UserId = await store.EndAsync(node.Name, key),
            }
        );

        var queue = Topology.QueueOf(key);
        await CloseListenerAsync(node, key, Reason, cancellationToken);
        if (await management.FindQueueAsync(node, queue, cancellationToken) is { Exclusive: false })
        {
            await management.DeleteQueueAsync(node, queue, Reason, cancellationToken);
        }
    }

    // Only a session's own connection can declare a queue under its key. It has logged in with the key or, from an
    // original page, owns the queue.
    private async Task CloseListenerAsync(Node node, string key, string reason, CancellationToken cancellationToken)
    {
        await management.CloseConnectionsAsync(node, key, reason, cancellationToken);
        await management.CloseOwnerAsync(node, Topology.QueueOf(key), reason, cancellationToken);
    }

    [LoggerMessage(LogLevel.Warning, "Queues of node {Node} are removed later: {Reason}")]
    private partial void LogNotClosed(string node, string reason);
}
