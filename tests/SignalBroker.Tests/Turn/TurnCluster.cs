using System.Net;
using SignalBroker.LocalCluster;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Turn;

/// <summary>One node, one webapp and a coturn.</summary>
public sealed class TurnCluster : IAsyncLifetime
{
    public Cluster Servers { get; private set; } = null!;

    public TurnServer Turn => Servers.Turn!;

    public Api Api => new(Servers.Webapps[0].PublicAddress);

    public async ValueTask InitializeAsync()
    {
        Servers = await Cluster.StartAsync(new ClusterOptions { Nodes = 1, Turn = true });
        await Eventually.HoldsAsync(async () =>
            (await Api.PostAsync("/connect", new { })).Status.ShouldBe(HttpStatusCode.OK)
        );
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await Passcodes.ExpectNoLeakAsync(Servers);
        }
        finally
        {
            await Servers.DisposeAsync();
        }
    }
}
