using SignalBroker.Nodes;

namespace SignalBroker.Operations;

/// <summary>Whether a webapp can do its work with the nodes that it has reached.</summary>
/// <remarks>
/// One node is enough. But signals to the sessions of a node that is not reached yet have an outcome that nobody knows, so
/// a webapp that has just started waits a while for all of them.
/// </remarks>
internal sealed class Readiness(NodeCatalog catalog, TimeProvider clock)
{
    /// <summary>How long after the start a node is waited for.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly long begun = clock.GetTimestamp();

    /// <summary>How many nodes can be used.</summary>
    public int Nodes => catalog.Nodes.Count(node => node.State is NodeState.Ready or NodeState.Full);

    public bool HasEnough => Nodes > 0 && (HasReachedAll || clock.GetElapsedTime(begun) >= Patience);

    private bool HasReachedAll =>
        catalog.Nodes.All(node => node.State is not NodeState.Unreachable and not NodeState.Unbound);
}
