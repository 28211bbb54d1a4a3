using Microsoft.Extensions.Options;
using SignalBroker.Nodes;

namespace SignalBroker.Tests.Nodes;

/// <summary>Which node gets the next session.</summary>
public sealed class NodeChoiceTests
{
    private readonly Random random = new(7);

    [Fact]
    public void Sessions_are_spread_by_how_full_the_nodes_are()
    {
        var catalog = Catalog(("small", 1_000), ("large", 3_000), ("larger", 6_000));

        for (var session = 0; session < 5_000; session++)
        {
            catalog.Choose(random)!.AddSession();
        }

        foreach (var node in catalog.Nodes)
        {
            ((double)node.Sessions / node.Capacity).ShouldBe(0.5, tolerance: 0.05, node.Name);
        }
    }

    [Fact]
    public void A_node_that_is_full_blocked_unreachable_or_not_heard_gets_none()
    {
        var catalog = Catalog(
            ("full", 1),
            ("blocked", 1_000),
            ("unreachable", 1_000),
            ("unbound", 1_000),
            ("good", 1_000)
        );
        var nodes = catalog.Nodes.ToDictionary(node => node.Name);
        nodes["full"].SetSessions(1);
        nodes["blocked"].Blocked = true;
        nodes["unreachable"].Responsive = false;
        nodes["unbound"].EventsBound = false;

        nodes["full"].State.ShouldBe(NodeState.Full);
        nodes["blocked"].State.ShouldBe(NodeState.Blocked);
        nodes["unreachable"].State.ShouldBe(NodeState.Unreachable);
        nodes["unbound"].State.ShouldBe(NodeState.Unreachable);
        for (var time = 0; time < 100; time++)
        {
            catalog.Choose(random)!.Name.ShouldBe("good");
        }
    }

    [Fact]
    public void Where_no_node_is_left_none_is_chosen()
    {
        var catalog = Catalog(("one", 1), ("other", 1));

        catalog.Choose(random)!.AddSession();
        catalog.Choose(random)!.AddSession();

        catalog.Choose(random).ShouldBeNull();
    }

    private static NodeCatalog Catalog(params (string Name, int Capacity)[] nodes)
    {
        var catalog = new NodeCatalog(
            Options.Create<List<NodeOptions>>([
                .. nodes.Select(node => new NodeOptions
                {
                    Name = node.Name,
                    Capacity = node.Capacity,
                    ListeningAddress = new("ws://127.0.0.1:1/ws"),
                    AmqpAddress = new("amqp://user:secret@127.0.0.1:2/%2f"),
                    ManagementAddress = new("http://user:secret@127.0.0.1:3/"),
                }),
            ]),
            TimeProvider.System
        );
        foreach (var node in catalog.Nodes)
        {
            (node.Responsive, node.EventsBound) = (true, true);
        }

        return catalog;
    }
}
