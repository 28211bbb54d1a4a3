using SignalBroker.LocalCluster;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Fleet;

/// <summary>While webapps are replaced one by one, those of the last release serve beside the new ones, on the new schema.</summary>
public sealed class EarlierReleaseTests(MoveCluster cluster) : IClassFixture<MoveCluster>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_webapp_of_the_last_release_serves_the_sessions_of_a_new_one_and_the_other_way_round()
    {
        var program = Environment.GetEnvironmentVariable("EARLIER_WEBAPP");
        Assert.SkipUnless(program is not null, "There is no earlier release.");
        var earlier = await cluster.Servers.AddOtherWebappAsync(program, Token);
        try
        {
            await earlier.NodesReadyAsync();
            Api[] apis = [cluster.ApiOf(0), new(earlier.PublicAddress)];
            await using var alice = await Listener.StartAsync(apis[0]);
            await using var bob = await Listener.StartAsync(apis[1]);
            foreach (var api in apis)
            {
                await SendsAsync(api, alice, bob);
                await SendsAsync(api, bob, alice);
            }

            // What one of them ends, the other one knows.
            foreach (var (ending, other) in new[] { (apis[0], apis[1]), (apis[1], apis[0]) })
            {
                await using var carol = await Listener.StartAsync(other);
                await ending.DisconnectAsync(carol.Session);
                await Eventually.HoldsAsync(async () =>
                    (
                        await other.ExchangeAsync(alice.Session, new { to = carol.Session.UserId, content = 1 })
                    ).OutcomeOrCode.ShouldNotBe("queued")
                );
            }
        }
        finally
        {
            await cluster.Servers.RemoveWebappAsync(earlier);
        }
    }

    private static async Task SendsAsync(Api api, Listener from, Listener to)
    {
        var sent = await api.ExchangeAsync(from.Session, new { to = to.Session.UserId, content = "hello" });
        sent.OutcomeOrCode.ShouldBe("queued");
        (await to.ReceiveAsync()).GetProperty("content").GetString().ShouldBe("hello");
    }
}
