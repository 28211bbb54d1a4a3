using SignalBroker.Broker;
using SignalBroker.Nodes;
using SignalBroker.Sessions;
using SignalBroker.StrangeBehaviors;

namespace SignalBroker.BrokerEvents;

/// <summary>Makes the sessions agree with the queues that a node really has.</summary>
internal sealed partial class Reconciler(
    QueueEventStore store,
    ManagementApi management,
    SessionStore sessions,
    QueueRemover remover,
    SessionCloser closer,
    NodeCatalog nodes,
    StrangeBehaviorLog strange,
    BrokerEventsMetrics metrics,
    IOptions<SessionsOptions> options,
    ILogger<Reconciler> logger
)
{
    /// <summary>Reconciles one node.</summary>
    /// <remarks>
    /// Two webapps may do it at once, and events may be handled meanwhile: each deletion repeats its condition in SQL,
    /// and a listing judges only what was there before it began.
    /// </remarks>
    /// <exception cref="HttpRequestException">The node can't be listed, so nothing was judged.</exception>
    public async Task ReconcileAsync(Node node, CancellationToken cancellationToken)
    {
        var before = await store.NowAsync();
        var listed = await management.ListSessionQueuesAsync(node, cancellationToken);
        var logins = await management.ListSessionLoginsAsync(node, cancellationToken);
        var names = listed.ToLookup(queue => Topology.KeyOf(queue.Name)!, queue => queue.Name);
        string[] queues = [.. names.Select(key => key.Key).Order()];

        string[] agreed =
        [
            .. listed.Where(queue => queue.IsAsAgreed).Select(queue => Topology.KeyOf(queue.Name)!).Order(),
        ];
        metrics.Acked(node.Name, await store.AckListedAsync(node.Name, agreed));
        var expired = await store.ExpireUnackedAsync(node.Name, queues, before);
        var gone = await store.DeleteWithoutQueueAsync(node.Name, queues, before);
        var (orphans, ended) = await store.FindToCloseAsync(node.Name, queues);

        foreach (var session in ended)
        {
            closer.Close(session, "ended");
        }

        foreach (var key in orphans)
        {
            remover.RemoveOrphan(node, names[key].First());
        }

        // A socket can outlive its session: its owner has unsubscribed, or has never subscribed.
        var strangers = await store.FindUnknownAsync(logins);
        foreach (var key in strangers)
        {
            remover.CloseConnections(node, key);
        }

        var junk = listed.Where(queue => !queue.IsAsAgreed).ToArray();
        foreach (var queue in junk)
        {
            remover.RemoveJunk(node, queue.Name);
        }

        metrics.Reconciled(node.Name, isDone: true);
        metrics.Found(node.Name, "neverSubscribed", expired.Count);
        metrics.Found(node.Name, "queueGone", gone.Count);
        metrics.Found(node.Name, "queueWithoutSession", orphans.Count);
        metrics.Found(node.Name, "endedSession", ended.Count);
        metrics.Found(node.Name, "socketWithoutSession", strangers.Count);
        metrics.Found(node.Name, "junkQueue", junk.Length);

        Record(StrangeKind.NeverAcked, expired, "the listener logged in and never subscribed");
        Record(StrangeKind.AckedWithoutQueue, gone, "the queue went without an event");
        if (expired.Count + gone.Count + orphans.Count + ended.Count + strangers.Count > 0)
        {
            LogReconciled(node.Name, expired.Count, gone.Count, orphans.Count, ended.Count, strangers.Count);
        }
    }

    /// <summary>Deletes the sessions whose listener never came, and forgets those from which it is too late to take over.</summary>
    public async Task ExpireAsync()
    {
        var expired = await store.ExpireUnadmittedAsync();
        Record(StrangeKind.NeverAcked, expired, "no listener came in time");
        foreach (var (node, count) in expired.Where(session => !session.Ended).CountBy(session => session.Node))
        {
            metrics.Found(node, "neverCame", count);
        }

        await sessions.ForgetGoneAsync(options.Value.ResumeWithin);
    }

    /// <summary>Reconciles the nodes of these names, one after the other; what can't be listed is left alone.</summary>
    public async Task TryReconcileAsync(IEnumerable<string> names, CancellationToken cancellationToken)
    {
        foreach (var name in names)
        {
            // A node that has been taken out of the configuration can't be listed.
            if (!nodes.TryGet(name, out var node))
            {
                continue;
            }

            try
            {
                await ReconcileAsync(node, cancellationToken);
            }
            catch (Exception failure)
            {
                cancellationToken.ThrowIfCancellationRequested();
                metrics.Reconciled(node.Name, isDone: false);
                LogNotReconciled(node.Name, failure.Message);
            }
        }
    }

    private void Record(StrangeKind kind, IReadOnlyList<DueSession> sessions, string detail)
    {
        // A session that was ended on purpose is not strange.
        foreach (var session in sessions.Where(session => !session.Ended))
        {
            strange.Record(
                new(kind, detail)
                {
                    Node = session.Node,
                    ListeningKey = session.ListeningKey,
                    UserId = session.UserId,
                    Address = session.Address,
                }
            );
        }
    }

    [LoggerMessage(
        LogLevel.Information,
        "Reconciled node {Node}: {Expired} sessions had no listener in time, {Gone} no queue any more, {Orphans} queues no session, {Ended} ended sessions still had a queue, {Strangers} sockets had no session"
    )]
    private partial void LogReconciled(string node, int expired, int gone, int orphans, int ended, int strangers);

    [LoggerMessage(LogLevel.Warning, "Node {Node} can't be reconciled: {Reason}")]
    private partial void LogNotReconciled(string node, string reason);
}
