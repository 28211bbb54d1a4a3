using System.Net.Http.Json;
using SignalBroker.LocalCluster;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Fleet;

/// <summary>Two webapps whose settings describe one node, and nodes that are added while they run.</summary>
public sealed class FleetCluster : IAsyncLifetime
{
    public Cluster Servers { get; private set; } = null!;

    public Api ApiOf(int webapp) => new(Servers.Webapps[webapp].PublicAddress);

    public Api InternalOf(int webapp) => new(Servers.Webapps[webapp].InternalAddress);

    public async ValueTask InitializeAsync()
    {
        Servers = await Cluster.StartAsync(
            new ClusterOptions
            {
                Nodes = 1,
                Webapps = 2,
                WebappSettings = new Dictionary<string, string>(TestCluster.Settings)
                {
                    ["Presence:NodeUnknownAfter"] = "00:00:01",
                },
            }
        );
        await Servers.AllNodesReadyAsync();
    }

    public ValueTask DisposeAsync() => Servers.DisposeAsync();

    /// <summary>What an operator says of a node.</summary>
    public static Dictionary<string, object?> DefinitionOf(Node node) =>
        new()
        {
            ["listeningAddress"] = node.ListeningAddress,
            ["mqttAddress"] = node.MqttAddress,
            ["amqpAddress"] = node.AmqpAddressWithoutUser,
            ["managementAddress"] = node.ManagementAddressWithoutUser,
        };

    public Task<Answer> PutAsync(string name, Dictionary<string, object?> definition, int webapp = 0) =>
        InternalOf(webapp)
            .SendAsync(
                new HttpRequestMessage(HttpMethod.Put, $"/admin/nodes/{name}")
                {
                    Content = JsonContent.Create(definition),
                }
            );

    public Task<Answer> PatchAsync(string name, object change, int webapp = 0) =>
        InternalOf(webapp).ChangeNodeAsync(name, change);

    public Task<Answer> DeleteAsync(string name, string query = "") =>
        InternalOf(0).SendAsync(new HttpRequestMessage(HttpMethod.Delete, $"/admin/nodes/{name}{query}"));

    /// <summary>The node's state as a webapp sees it; null where it does not know the node.</summary>
    public async Task<string?> StateAsync(string name, int webapp)
    {
        var nodes = await InternalOf(webapp).GetAsync("/admin/nodes");
        return nodes
            .Json.EnumerateArray()
            .Where(node => node.GetProperty("name").GetString() == name)
            .Select(node => node.GetProperty("state").GetString())
            .SingleOrDefault();
    }

    /// <summary>Waits until both webapps see the node so.</summary>
    public async Task BecomesAsync(string name, string? state)
    {
        for (var webapp = 0; webapp < Servers.Webapps.Count; webapp++)
        {
            var own = webapp;
            await Eventually.HoldsAsync(async () => (await StateAsync(name, own)).ShouldBe(state));
        }
    }
}
