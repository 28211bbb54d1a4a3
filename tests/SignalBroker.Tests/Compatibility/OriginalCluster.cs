using SignalBroker.LocalCluster;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Compatibility;

/// <summary>The tests of the original project's page, one after the other.</summary>
[CollectionDefinition]
public sealed class OriginalCollection : ICollectionFixture<OriginalCluster>;

/// <summary>A node and two webapps that serve the original project's page, and log all that they can.</summary>
public sealed class OriginalCluster : IAsyncLifetime
{
    public Cluster Servers { get; private set; } = null!;

    public Api Api => new(Servers.Webapps[0].PublicAddress);

    /// <summary>A webapp that gives each user one session, as the original project did.</summary>
    public Webapp Rejecting { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Servers = await Cluster.StartAsync(
            new ClusterOptions
            {
                Nodes = 1,
                Webapps = 1,
                WebappSettings = new Dictionary<string, string>(TestCluster.Settings)
                {
                    ["Compatibility:OriginalClient"] = "true",
                    ["Logging:Console:LogLevel:Default"] = "Trace",
                },
            }
        );
        Rejecting = await Servers.AddWebappAsync(new Dictionary<string, string> { ["Sessions:PerUser"] = "Reject" });
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
