using System.Net.Http.Json;
using System.Text.Json;
using Npgsql;
using SignalBroker.LocalCluster;

namespace SignalBroker.Client.Tests.Harness;

/// <summary>The tests that share these servers, and may break them, one after the other.</summary>
[CollectionDefinition]
public sealed class ServerTests : ICollectionFixture<Servers>;

/// <summary>PostgreSQL, two nodes and a webapp; what a test has broken is mended before the next one.</summary>
public sealed class Servers : IAsyncLifetime
{
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    private static int users;

    public Cluster Cluster { get; private set; } = null!;

    public Webapp Webapp => Cluster.Webapps[0];

    public async ValueTask InitializeAsync() =>
        Cluster = await Cluster.StartAsync(
            new ClusterOptions
            {
                Nodes = 2,
                Webapps = 1,
                WebappSettings = new Dictionary<string, string>
                {
                    ["RateLimits:RequestsPerSecondOfAddress"] = "100000",
                    ["RateLimits:SignalsPerSecondOfSession"] = "100000",
                    ["Sessions:MaxPerAddress"] = "0",
                },
            }
        );

    public ValueTask DisposeAsync() => Cluster.DisposeAsync();

    /// <summary>A user whom nobody else has.</summary>
    public static string NewUser(string name) => $"{name}{Interlocked.Increment(ref users)}";

    /// <summary>How to connect a user to the first webapp.</summary>
    public SignalBrokerClientOptions Options(string? userId = null) =>
        new() { Url = new(Webapp.PublicAddress), UserId = userId ?? NewUser("user") };

    /// <summary>Connects a user.</summary>
    public Task<SignalBrokerClient> ConnectAsync(string? userId = null) =>
        SignalBrokerClient.ConnectAsync(Options(userId), TestContext.Current.CancellationToken);

    /// <summary>The node that a session listens on.</summary>
    public Node NodeOf(SessionInfo session) =>
        Cluster.Nodes.Single(node => node.ListeningAddress == session.ListeningAddress);

    /// <summary>Whether a node listens for WebSockets on this port.</summary>
    public bool IsNode(int port) =>
        Cluster.Nodes.Any(node =>
            new Uri(node.ListeningAddress).Port == port || (node.MqttAddress is { } mqtt && new Uri(mqtt).Port == port)
        );

    /// <summary>Waits until the webapps know from the broker that a session listens.</summary>
    public async Task KnowAsync(SessionInfo session)
    {
        await using var database = NpgsqlDataSource.Create(Cluster.Postgres.ConnectionString);
        await using var command = database.CreateCommand(
            "SELECT count(*) FROM sessions WHERE listening_key = $1 AND acked_at IS NOT NULL"
        );
        command.Parameters.AddWithValue(session.ListeningKey);
        using var limit = new CancellationTokenSource(ReadyWithin);
        while (await command.ExecuteScalarAsync(limit.Token) is 0L)
        {
            await Task.Delay(Interval, TimeProvider.System, limit.Token);
        }
    }

    /// <summary>Skips a test of a protocol that the nodes' RabbitMQ is too old for.</summary>
    public void SkipUnlessOffered(SocketProtocol? protocol) =>
        Assert.SkipUnless(
            protocol != SocketProtocol.Mqtt || Cluster.Nodes.All(node => node.MqttAddress is not null),
            "The nodes do not offer MQTT."
        );

    /// <summary>Drains a node, whose sessions move, for as long as the result is not disposed.</summary>
    public async Task<IAsyncDisposable> DrainAsync(Node node)
    {
        await ChangeAsync(node, "draining");
        return new Draining(this, node);
    }

    /// <summary>Starts and resumes whatever does not run, and waits until the webapps use every node.</summary>
    public async Task MendAsync()
    {
        foreach (Part part in (Part[])[Cluster.Postgres, .. Cluster.Nodes, Webapp])
        {
            if (part.IsRunning)
            {
                part.Resume();
            }
            else
            {
                await part.StartAsync();
            }
        }

        await ReadyAsync();
    }

    private async Task ReadyAsync()
    {
        using var http = new HttpClient();
        using var limit = new CancellationTokenSource(ReadyWithin);
        foreach (var webapp in Cluster.Webapps.Where(webapp => webapp.IsRunning))
        {
            while (!await IsReadyAsync(http, webapp, limit.Token))
            {
                await Task.Delay(Interval, TimeProvider.System, limit.Token);
            }
        }
    }

    private static async Task<bool> IsReadyAsync(HttpClient http, Webapp webapp, CancellationToken cancellationToken)
    {
        var answer = await http.GetStringAsync($"{webapp.InternalAddress}/admin/nodes", cancellationToken);
        using var nodes = JsonDocument.Parse(answer);
        return nodes.RootElement.EnumerateArray().All(node => node.GetProperty("state").GetString() == "ready");
    }

    private async Task ChangeAsync(Node node, string state)
    {
        using var http = new HttpClient();
        using var answer = await http.PatchAsJsonAsync(
            $"{Webapp.InternalAddress}/admin/nodes/{node.Name}",
            new { state }
        );
        answer.EnsureSuccessStatusCode();
    }

    private sealed class Draining(Servers servers, Node node) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await servers.ChangeAsync(node, "ready");
            await servers.ReadyAsync();
        }
    }
}
