using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using SignalBroker.LocalCluster;

namespace SignalBroker.Showcase.Rollouts;

/// <summary>What an operator does with nodes, through a webapp's internal port.</summary>
internal sealed class Operator(Cluster cluster) : IDisposable
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(0.2);

    private readonly HttpClient http = new();

    /// <summary>Describes a node, which is checked before it gets sessions, or describes it anew.</summary>
    public async Task AddAsync(Node node, CancellationToken cancellationToken)
    {
        var definition = new
        {
            listeningAddress = node.ListeningAddress,
            mqttAddress = node.MqttAddress,
            amqpAddress = node.AmqpAddressWithoutUser,
            managementAddress = node.ManagementAddressWithoutUser,
            capacity = node.Capacity,
        };
        using var answer = await http.PutAsJsonAsync(At($"/{node.Name}"), definition, cancellationToken);
        await CheckAsync(answer, cancellationToken);
        await IsAsync(node, state => state is "ready" or "drained" or "draining", cancellationToken);
    }

    public async Task RebalanceAsync(CancellationToken cancellationToken)
    {
        using var answer = await http.PostAsync(At("/rebalance"), content: null, cancellationToken);
        await CheckAsync(answer, cancellationToken);
    }

    /// <summary>Waits until a node holds so many sessions.</summary>
    /// <exception cref="TimeoutException">It took too long.</exception>
    public async Task HoldsAsync(
        Node node,
        Predicate<int> enough,
        TimeSpan patience,
        CancellationToken cancellationToken
    )
    {
        var watch = Stopwatch.StartNew();
        while (!enough((await FindAsync(node, cancellationToken)).GetProperty("sessions").GetInt32()))
        {
            if (watch.Elapsed > patience)
            {
                throw new TimeoutException($"{node.Name} did not take its share within {patience.TotalSeconds:0} s.");
            }

            await Task.Delay(Between, TimeProvider.System, cancellationToken);
        }
    }

    /// <summary>The node that holds the most sessions.</summary>
    public async Task<Node> FindFullestAsync(CancellationToken cancellationToken)
    {
        var fullest = (await ListAsync(cancellationToken))
            .EnumerateArray()
            .MaxBy(node => node.GetProperty("sessions").GetInt32());
        return cluster.Nodes.Single(node => node.Name == fullest.GetProperty("name").GetString());
    }

    public async Task<IReadOnlyList<string?>> VersionsAsync(CancellationToken cancellationToken) =>
        [
            .. (await ListAsync(cancellationToken))
                .EnumerateArray()
                .Select(node => node.GetProperty("version").GetString()),
        ];

    public void Dispose() => http.Dispose();

    private async Task IsAsync(Node node, Predicate<string?> state, CancellationToken cancellationToken)
    {
        while (!state((await FindAsync(node, cancellationToken)).GetProperty("state").GetString()))
        {
            await Task.Delay(Between, TimeProvider.System, cancellationToken);
        }
    }

    private async Task<JsonElement> FindAsync(Node node, CancellationToken cancellationToken) =>
        (await ListAsync(cancellationToken))
            .EnumerateArray()
            .Single(found => found.GetProperty("name").GetString() == node.Name);

    private Task<JsonElement> ListAsync(CancellationToken cancellationToken) =>
        http.GetFromJsonAsync<JsonElement>(At(""), cancellationToken);

    private Uri At(string path) => new($"{cluster.Webapps[0].InternalAddress}/admin/nodes{path}");

    private static async Task CheckAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        if (!answer.IsSuccessStatusCode)
        {
            throw new PartFailedException(await answer.Content.ReadAsStringAsync(cancellationToken));
        }
    }
}
