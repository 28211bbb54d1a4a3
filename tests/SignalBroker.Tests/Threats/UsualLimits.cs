using SignalBroker.LocalCluster;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Threats;

/// <summary>Servers with the limits as they are, except for those of a second.</summary>
public sealed class UsualLimits : IAsyncLifetime
{
    public Cluster Servers { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Servers = await Cluster.StartAsync(
            new ClusterOptions
            {
                Nodes = 1,
                Webapps = 1,
                WebappSettings = NoLimits.PerSecond,
            }
        );
        await Servers.AllNodesReadyAsync();
    }

    public ValueTask DisposeAsync() => Servers.DisposeAsync();
}

/// <summary>The tests of what the settings allow as they are.</summary>
[CollectionDefinition]
public sealed class UsualLimitsCollection : ICollectionFixture<UsualLimits>;
