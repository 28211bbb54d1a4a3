using System.Security.Cryptography;
using System.Text;
using SignalBroker.LocalCluster;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Presence;

/// <summary>The tests on clusters in which users do not see everyone.</summary>
[CollectionDefinition]
public sealed class HiddenCollection : ICollectionFixture<HiddenClusters>;

/// <summary>A cluster of its own for each rule: webapps of different rules would tell each other's subscribers.</summary>
public sealed class HiddenClusters : IAsyncLifetime
{
    private readonly Dictionary<string, Cluster> byRule = [];

    /// <summary>A backend's key at each of them.</summary>
    public string ServiceKey { get; } = RandomNumberGenerator.GetHexString(64);

    public Api ApiOf(string rule, int webapp = 0) => new(byRule[rule].Webapps[webapp].PublicAddress);

    public Cluster ServersOf(string rule) => byRule[rule];

    public async ValueTask InitializeAsync()
    {
        foreach (var rule in (string[])["SameRoom", "Nobody"])
        {
            byRule[rule] = await Cluster.StartAsync(
                new ClusterOptions
                {
                    Nodes = 1,
                    Webapps = rule == "SameRoom" ? 2 : 1,
                    WebappSettings = new Dictionary<string, string>(TestCluster.Settings)
                    {
                        ["Presence:Visibility"] = rule,
                        ["Users:ServiceKeys:0:Name"] = "backend",
                        ["Users:ServiceKeys:0:Sha256"] = Convert.ToHexString(
                            SHA256.HashData(Encoding.UTF8.GetBytes(ServiceKey))
                        ),
                    },
                }
            );
            await byRule[rule].AllNodesReadyAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var cluster in byRule.Values)
        {
            await cluster.DisposeAsync();
        }
    }
}
