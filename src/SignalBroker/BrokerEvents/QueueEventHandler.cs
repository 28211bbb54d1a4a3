using SignalBroker.Inbox;
using SignalBroker.Nodes;

namespace SignalBroker.BrokerEvents;

/// <summary>Handles a batch of a node's events.</summary>
internal sealed class QueueEventHandler(
    QueueEventStore store,
    QueueRemover remover,
    InboxDeliverer inbox,
    BrokerEventsMetrics metrics
)
{
    /// <summary>Handles the events; when it returns, what they change is committed.</summary>
    public async Task HandleAsync(Node node, IReadOnlyCollection<QueueEvent> events)
    {
        var created = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var deleted = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var queue in events)
        {
            if (!queue.Created)
            {
                deleted.Add(queue.ListeningKey);
            }
            else if (!queue.IsAsAgreed)
            {
                remover.RemoveJunk(node, queue.Queue);
            }
            else if (queue.HasArguments)
            {
                // Not acked before it has been looked at: a session that declares junk is not listening.
                remover.Inspect(
                    node,
                    queue.Queue,
                    () => ApplyAsync(node, new() { [queue.ListeningKey] = queue.Queue }, [])
                );
            }
            else
            {
                created[queue.ListeningKey] = queue.Queue;
            }
        }

        await ApplyAsync(node, created, [.. deleted]);
    }

    // The created queues by their keys.
    private async Task ApplyAsync(Node node, SortedDictionary<string, string> created, string[] deleted)
    {
        var applied = await store.ApplyAsync(node.Name, [.. created.Keys], deleted);
        metrics.Acked(node.Name, applied.AckDelays);
        foreach (var key in applied.Orphans)
        {
            remover.RemoveOrphan(node, created[key]);
        }

        foreach (var key in applied.Waiting)
        {
            inbox.Call(key);
        }
    }
}
