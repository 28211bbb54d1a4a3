using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Failures;

/// <summary>What a node does not confirm keeps nobody's socket open longer than its own.</summary>
public sealed class FarewellTests(FailureCluster cluster) : FailureTests(cluster)
{
    [Fact]
    public async Task A_socket_is_closed_past_the_farewells_that_its_node_does_not_confirm()
    {
        var replacing = await Cluster.Servers.AddWebappAsync(
            new Dictionary<string, string>
            {
                ["Sessions:PerUser"] = "Replace",
                // Far longer than anything takes that does not wait for it.
                ["Broker:ConfirmTimeout"] = "00:00:20",
                // To a node that is known to be silent no farewell is sent.
                ["Broker:ProbeTimeout"] = "00:01:00",
            },
            Token
        );
        try
        {
            var api = new Api(replacing.PublicAddress);
            await using var replaced = await Cluster.ListenOnAsync(Cluster.Victim);
            await using var leaving = await Cluster.ListenOnAsync(Cluster.Victim);
            await Eventually.HoldsAsync(async () =>
                (await FailureCluster.StateAsync(new(replacing.InternalAddress), Cluster.Victim)).ShouldBe("ready")
            );
            Cluster.Victim.AmqpProxy!.Blackhole();

            await api.ConnectAsync(replaced.Session.UserId);
            await api.DisconnectAsync(leaving.Session);

            var first = await Task.WhenAny(replaced.Closed, leaving.Closed);
            first.ShouldBe(leaving.Closed);
            await replaced.Closed.WaitAsync(TimeSpan.FromSeconds(60), Token);
        }
        finally
        {
            Cluster.Victim.AmqpProxy!.Forward();
            await Cluster.Servers.RemoveWebappAsync(replacing);
        }
    }
}
