using SignalBroker.LocalCluster;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Threats;

/// <summary>A node and a webapp that take few signals of one sender.</summary>
public sealed class StrictServers : IAsyncLifetime
{
    public const int SignalsPerSecond = 20;

    public Cluster Servers { get; private set; } = null!;

    public Api Api => new(Servers.Webapps[0].PublicAddress);

    public Api Internal => new(Servers.Webapps[0].InternalAddress);

    public async ValueTask InitializeAsync() =>
        Servers = await Cluster.StartAsync(
            new ClusterOptions
            {
                Nodes = 1,
                Webapps = 1,
                WebappSettings = new Dictionary<string, string>(TestCluster.Settings)
                {
                    ["RateLimits:SignalsPerSecondOfSession"] = $"{SignalsPerSecond}",
                },
            },
            TestContext.Current.CancellationToken
        );

    public ValueTask DisposeAsync() => Servers.DisposeAsync();
}
