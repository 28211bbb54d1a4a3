using SignalBroker.LocalCluster;

namespace SignalBroker.Storm.Tests.Harness;

/// <summary>One node and one webapp, shared by all tests that load them.</summary>
public sealed class OneWebapp : IAsyncLifetime
{
    public Cluster Servers { get; private set; } = null!;

    public Uri Url => new(Servers.Webapps[0].PublicAddress);

    public async ValueTask InitializeAsync() =>
        Servers = await Cluster.StartAsync(
            new ClusterOptions
            {
                Nodes = 1,
                Webapps = 1,
                WebappSettings = NoLimits.PerDay,
            }
        );

    public ValueTask DisposeAsync() => Servers.DisposeAsync();
}

/// <summary>The tests that share <see cref="OneWebapp"/>.</summary>
[CollectionDefinition]
public sealed class OneWebappTests : ICollectionFixture<OneWebapp>;
