using SignalBroker.Client.Tests.Harness;

namespace SignalBroker.Client.Tests.Listening;

/// <summary>Which region is the nearest, as far as a client can tell.</summary>
[Collection<ServerTests>]
public sealed class RegionTests(Servers servers)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_region_whose_node_opens_a_socket_is_the_nearest()
    {
        var webapp = await servers.Cluster.AddWebappAsync(
            [new("Nodes:0:Region", "frozen"), new("Nodes:1:Region", "near"), new("Regions:Listed", "true")],
            Token
        );
        try
        {
            var nearest = await ServerRegions.FindNearestAsync(new(webapp.PublicAddress), cancellationToken: Token);
            nearest.ShouldBeOneOf("frozen", "near");

            servers.Cluster.Nodes[0].Pause();
            (await ServerRegions.FindNearestAsync(new(webapp.PublicAddress), cancellationToken: Token)).ShouldBe(
                "near"
            );
        }
        finally
        {
            servers.Cluster.Nodes[0].Resume();
            await servers.Cluster.RemoveWebappAsync(webapp);
            await servers.MendAsync();
        }
    }

    [Fact]
    public async Task Where_the_server_tells_none_or_does_not_answer_any_will_do()
    {
        (
            await ServerRegions.FindNearestAsync(new(servers.Webapp.PublicAddress), cancellationToken: Token)
        ).ShouldBeNull();
        (await ServerRegions.FindNearestAsync(new("http://127.0.0.1:1"), cancellationToken: Token)).ShouldBeNull();
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(
            ServerRegions.FindNearestAsync(new(servers.Webapp.PublicAddress), cancellationToken: cancelled.Token)
        );
    }
}
