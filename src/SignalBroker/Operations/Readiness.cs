using SignalBroker.Nodes;

namespace SignalBroker.Operations;

/// <summary>Whether this webapp has reached enough nodes to serve.</summary>
/// <remarks>
/// One node is enough. But the outcome of signals to sessions on a node that is not reached yet is unknown, so a webapp
/// that has just started waits a while for all nodes.
/// </remarks>
internal sealed class Readiness(NodeCatalog catalog, TimeProvider clock)
{
    /// <summary>How long after the start it waits for all nodes.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly long begun = clock.GetTimestamp();

    /// <summary>How many nodes can be used.</summary>
    public int Nodes => catalog.Nodes.Count(node => node.State is NodeState.Ready or NodeState.Full);

    public bool HasEnough => Nodes > 0 && (HasReachedAll || clock.GetElapsedTime(begun) >= Patience);

    private bool HasReachedAll => catalog.Nodes.All(node => node.IsReached || node.Blocked || node.Plan.IsLost);
}
