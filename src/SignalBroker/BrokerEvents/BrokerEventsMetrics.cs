using System.Diagnostics.Metrics;

namespace SignalBroker.BrokerEvents;

/// <summary>What is counted and measured about the nodes' events, and about what is done where events are missing.</summary>
internal sealed class BrokerEventsMetrics(IMeterFactory meters, TimeProvider clock)
{
    private readonly Histogram<double> lag = meters.CreateTimes(
        "signalbroker.broker_events.lag",
        "From an event on its node, by the node's clock, to its commit"
    );

    private readonly Histogram<double> acked = meters.CreateTimes(
        "signalbroker.sessions.ack.delay",
        "From the login of a session's socket to the session's ack"
    );

    private readonly Counter<long> reconciled = meters
        .CreateOwn()
        .CreateCounter<long>(
            "signalbroker.reconciliations",
            "{reconciliation}",
            "Comparisons of a node's queues with its sessions"
        );

    private readonly Counter<long> found = meters
        .CreateOwn()
        .CreateCounter<long>(
            "signalbroker.reconciliations.found",
            "{finding}",
            "What was mended that no event had told"
        );

    public void Handled(string node, DateTimeOffset sentAt)
    {
        // Clocks that differ a little must not make it negative.
        var seconds = Math.Max(0, (clock.GetUtcNow() - sentAt).TotalSeconds);
        lag.Record(seconds, new KeyValuePair<string, object?>("node", node));
    }

    /// <param name="delays">In seconds, one for each session.</param>
    public void Acked(string node, IEnumerable<double> delays)
    {
        foreach (var delay in delays)
        {
            acked.Record(delay, new KeyValuePair<string, object?>("node", node));
        }
    }

    public void Reconciled(string node, bool isDone) =>
        reconciled.Add(1, new("node", node), new KeyValuePair<string, object?>("outcome", isDone ? "done" : "failed"));

    /// <param name="what">
    /// <c>neverCame</c>, <c>neverSubscribed</c>, <c>queueGone</c>, <c>queueWithoutSession</c>, <c>endedSession</c>,
    /// <c>socketWithoutSession</c> or <c>junkQueue</c>.
    /// </param>
    public void Found(string node, string what, int count)
    {
        if (count > 0)
        {
            found.Add(count, new("node", node), new KeyValuePair<string, object?>("what", what));
        }
    }
}
