using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Failures;

/// <summary>Nodes know nothing of each other, webapps nothing of each other's connections; signals cross all the same.</summary>
public sealed class CrossingTests(FailureCluster cluster) : FailureTests(cluster)
{
    [Fact]
    public async Task Signals_cross_between_all_nodes_through_all_webapps()
    {
        var senders = new List<Listener>();
        var receivers = new List<Listener>();
        foreach (var (number, node) in Cluster.Servers.Nodes.Index())
        {
            senders.Add(await Cluster.ListenOnAsync(node, webapp: number));
            receivers.Add(await Cluster.ListenOnAsync(node, webapp: 1 - number));
        }

        foreach (var sender in senders)
        {
            foreach (var receiver in receivers)
            {
                await Cluster.NextSignalArrivesAsync(0, sender, receiver);
                await Cluster.NextSignalArrivesAsync(1, sender, receiver);
            }
        }

        foreach (var listener in senders.Concat(receivers))
        {
            listener.Arrived().ShouldBeEmpty();
            await listener.DisposeAsync();
        }
    }
}
