using System.Diagnostics.Metrics;
using System.Text.Json;

namespace SignalBroker.Nodes;

/// <summary>What this webapp sees of each node.</summary>
internal sealed class NodesMetrics
{
    private static readonly (NodeState State, string Name)[] States =
    [
        .. Enum.GetValues<NodeState>()
            .Select(state => (state, JsonNamingPolicy.CamelCase.ConvertName(state.ToString()))),
    ];

    private readonly NodeCatalog catalog;

    public NodesMetrics(NodeCatalog catalog, IMeterFactory meters)
    {
        this.catalog = catalog;
        var meter = meters.CreateOwn();
        meter.CreateObservableGauge(
            "signalbroker.nodes",
            ObserveStates,
            "{node}",
            "1 for the state that a node is in, as this webapp sees it, and 0 for each other one"
        );
        meter.CreateObservableGauge(
            "signalbroker.nodes.capacity",
            ObserveCapacities,
            "{session}",
            "How many sessions a node should hold"
        );
    }

    private IEnumerable<Measurement<int>> ObserveStates() =>
        from node in catalog.Nodes
        let current = node.State
        from state in States
        select new Measurement<int>(
            state.State == current ? 1 : 0,
            new("node", node.Name),
            new KeyValuePair<string, object?>("state", state.Name)
        );

    private IEnumerable<Measurement<int>> ObserveCapacities() =>
        catalog.Nodes.Select(node => new Measurement<int>(
            node.Capacity,
            new KeyValuePair<string, object?>("node", node.Name)
        ));
}
