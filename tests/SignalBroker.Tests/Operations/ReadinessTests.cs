using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using SignalBroker.Nodes;
using SignalBroker.Operations;

namespace SignalBroker.Tests.Operations;

/// <summary>Which nodes a webapp must have reached before it is sent requests.</summary>
public sealed class ReadinessTests
{
    private readonly FakeTimeProvider clock = new();
    private readonly NodeCatalog catalog;
    private readonly Readiness readiness;

    public ReadinessTests()
    {
        catalog = new(Options.Create<List<NodeOptions>>([Described("one"), Described("two")]), clock);
        readiness = new(catalog, clock);
    }

    [Fact]
    public void A_webapp_that_has_just_started_waits_for_all_of_them()
    {
        readiness.HasEnough.ShouldBeFalse();
        Reach(catalog.Nodes[0]);
        (readiness.Nodes, readiness.HasEnough).ShouldBe((1, false));
        Reach(catalog.Nodes[1]);
        (readiness.Nodes, readiness.HasEnough).ShouldBe((2, true));
    }

    [Fact]
    public void It_is_ready_without_the_others_after_a_while()
    {
        Reach(catalog.Nodes[0]);

        clock.Advance(Readiness.Patience - TimeSpan.FromMilliseconds(1));
        readiness.HasEnough.ShouldBeFalse();
        clock.Advance(TimeSpan.FromMilliseconds(1));
        readiness.HasEnough.ShouldBeTrue();
    }

    [Fact]
    public void It_is_never_ready_without_a_node()
    {
        clock.Advance(Readiness.Patience);

        readiness.HasEnough.ShouldBeFalse();
    }

    [Fact]
    public void A_reachable_node_that_takes_no_sessions_is_not_waited_for()
    {
        Reach(catalog.Nodes[0]);
        Reach(catalog.Nodes[1]);
        catalog.Nodes[1].Blocked = true;

        (readiness.Nodes, readiness.HasEnough).ShouldBe((1, true));
    }

    [Fact]
    public void A_node_that_no_webapp_can_use_is_not_waited_for()
    {
        Reach(catalog.Nodes[0]);
        catalog.Nodes[1].Plan = NodePlan.InUse with { IsLost = true };

        readiness.HasEnough.ShouldBeTrue();
    }

    private static void Reach(Node node) => (node.Responsive, node.EventsBound) = (true, true);

    internal static NodeOptions Described(string name) =>
        new()
        {
            Name = name,
            ListeningAddress = new("ws://127.0.0.1:1/ws"),
            AmqpAddress = new("amqp://user:secret@127.0.0.1:2/%2f"),
            ManagementAddress = new("http://user:secret@127.0.0.1:3/"),
        };
}
