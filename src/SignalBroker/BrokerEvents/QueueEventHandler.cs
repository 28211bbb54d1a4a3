using SignalBroker.Inbox;
using SignalBroker.Nodes;

namespace SignalBroker.BrokerEvents;

/// <summary>Handles a batch of a node's events.</summary>
public sealed class QueueEventHandler(QueueEventStore store, QueueRemover remover, InboxDeliverer inbox)
{
    /// <summary>Handles the events; when it returns, what they change is committed.</summary>
    public async Task HandleAsync(Node node, IReadOnlyCollection<QueueEvent> events)
    {
        var created = new SortedSet<string>(StringComparer.Ordinal);
        var deleted = new SortedSet<string>(StringComparer.Ordinal);
        var junk = new HashSet<string>();
        foreach (var queue in events)
        {
            (
                !queue.Created ? deleted
                : queue.IsAsAgreed ? created
                : (ISet<string>)junk
            ).Add(queue.ListeningKey);
        }

        var (orphans, waiting) = await store.ApplyAsync(node.Name, [.. created], [.. deleted]);
        foreach (var key in orphans)
        {
            remover.RemoveOrphan(node, key);
        }

        foreach (var key in waiting)
        {
            inbox.Call(key);
        }

        foreach (var suspect in events.Where(queue => queue is { IsAsAgreed: true, HasArguments: true }))
        {
            remover.Inspect(node, suspect.ListeningKey);
        }

        foreach (var key in junk)
        {
            remover.RemoveJunk(node, key);
        }
    }
}
