using SignalBroker.LocalCluster;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Fleet;

/// <summary>Who is told to move when a node is drained, or holds more than its share.</summary>
[Collection(nameof(MoveCollection))]
public sealed class DrainTests(MoveCluster cluster)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private Node From => cluster.Servers.Nodes[0];

    private Node To => cluster.Servers.Nodes[1];

    [Fact]
    public async Task Who_does_not_move_in_time_is_closed_and_the_node_is_drained()
    {
        await using var listener = await cluster.ListenOnAsync(From);
        await using var drained = await cluster.DrainAsync(From);
        var told = await listener.ReceiveAsync();
        told.GetProperty("content")
            .GetProperty("within")
            .GetDouble()
            .ShouldBe(MoveCluster.MoveWithin.TotalMilliseconds);

        await listener.Closed.WaitAsync(2 * MoveCluster.MoveWithin, Token);
        await Eventually.HoldsAsync(async () => (await StateOfAsync(From)).ShouldBe("drained"));
    }

    [Fact]
    public async Task Where_a_node_goes_back_to_work_nobody_has_to_move()
    {
        await using var listener = await cluster.ListenOnAsync(From);
        await using (await cluster.DrainAsync(From))
        {
            (await listener.ReceiveAsync()).GetProperty("type").GetString().ShouldBe("session");
        }

        await Task.Delay(MoveCluster.MoveWithin + TimeSpan.FromSeconds(3), TimeProvider.System, Token);
        listener.Closed.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task Sessions_move_to_a_node_that_holds_less_than_its_share_and_no_more_than_needed()
    {
        var listeners = new List<Listener>();
        await using (await cluster.DrainAsync(To))
        {
            await Eventually.HoldsAsync(async () => (await StateOfAsync(To)).ShouldBe("drained"));
            while (listeners.Count < 20)
            {
                listeners.Add(await cluster.ListenOnAsync(From));
            }
        }

        var asked = await cluster.Admin.PostAsync("/admin/nodes/rebalance", new { });
        var surplus = asked.Json.EnumerateArray().Single();
        surplus.GetProperty("name").GetString().ShouldBe(From.Name);
        var expected = surplus.GetProperty("sessions").GetInt32();
        expected.ShouldBeInRange(9, 10);
        await Eventually.HoldsAsync(() => listeners.Count(WasTold).ShouldBe(expected));
        await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System, Token);
        listeners.Count(WasTold).ShouldBe(expected);
        foreach (var listener in listeners)
        {
            await listener.DisposeAsync();
        }

        static bool WasTold(Listener listener) => listener.Transcript.Contains("\"move\"", StringComparison.Ordinal);
    }

    private async Task<string?> StateOfAsync(Node node) =>
        (await cluster.Admin.GetAsync("/admin/nodes"))
            .Json.EnumerateArray()
            .Single(each => each.GetProperty("name").GetString() == node.Name)
            .GetProperty("state")
            .GetString();
}
