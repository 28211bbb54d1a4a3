using System.Net;
using System.Text.Json;
using Npgsql;
using SignalBroker.LocalCluster;
using SignalBroker.Tests.Harness;

[assembly: AssemblyFixture(typeof(TestCluster))]

namespace SignalBroker.Tests.Harness;

/// <summary>The servers that most tests share: PostgreSQL, two nodes, two webapps.</summary>
public sealed class TestCluster : IAsyncLifetime
{
    /// <summary>All tests come from one address, and most want answers quickly.</summary>
    public static readonly IReadOnlyDictionary<string, string> Settings = new Dictionary<string, string>
    {
        ["RateLimits:RequestsPerSecondOfAddress"] = "100000",
        ["RateLimits:SignalsPerSecondOfSession"] = "100000",
        ["Sessions:MaxPerAddress"] = "0",
        ["Sessions:AckWithin"] = "00:00:10",
        ["Sweep:Interval"] = "00:00:01",
        ["Sweep:ReconcileInterval"] = "00:00:05",
    };

    public Cluster Servers { get; private set; } = null!;

    /// <summary>The API of the first webapp.</summary>
    public Api Api => ApiOf(0);

    public NpgsqlDataSource Database { get; private set; } = null!;

    public Api ApiOf(int webapp) => new(Servers.Webapps[webapp].PublicAddress);

    public Api InternalOf(int webapp) => new(Servers.Webapps[webapp].InternalAddress);

    public async ValueTask InitializeAsync()
    {
        Servers = await Cluster.StartAsync(
            new ClusterOptions
            {
                Nodes = 2,
                Webapps = 2,
                WebappSettings = Settings,
                ProxiedNodes = true,
            }
        );
        Database = NpgsqlDataSource.Create(Servers.Postgres.ConnectionString);
        await AllNodesReadyAsync();
    }

    /// <summary>Waits until every running webapp gives sessions to every node.</summary>
    public async Task AllNodesReadyAsync()
    {
        foreach (var webapp in Servers.Webapps.Where(webapp => webapp.IsRunning))
        {
            var admin = new Api(webapp.InternalAddress);
            await Eventually.HoldsAsync(
                async () =>
                {
                    var answer = await admin.GetAsync("/admin/nodes");
                    answer.Status.ShouldBe(HttpStatusCode.OK);
                    answer
                        .Json.EnumerateArray()
                        .Select(node => node.GetProperty("state").GetString())
                        .ShouldAllBe(state => state == "ready");
                },
                TimeSpan.FromSeconds(60)
            );
        }
    }

    /// <summary>How many sessions of a user the table holds.</summary>
    public async Task<long> RowsOfAsync(string userId)
    {
        await using var count = Database.CreateCommand("SELECT count(*) FROM sessions WHERE user_id = $1");
        count.Parameters.AddWithValue(userId);
        return (long)(await count.ExecuteScalarAsync())!;
    }

    /// <summary>Whether a session is acked; null when there is no such session.</summary>
    public async Task<bool?> IsAckedAsync(string listeningKey)
    {
        await using var look = Database.CreateCommand(
            "SELECT acked_at IS NOT NULL FROM sessions WHERE listening_key = $1"
        );
        look.Parameters.AddWithValue(listeningKey);
        return (bool?)await look.ExecuteScalarAsync();
    }

    /// <summary>The newest rows of strange behavior of a kind.</summary>
    public async Task<IReadOnlyList<StrangeRow>> StrangeAsync(string kind)
    {
        var answer = await InternalOf(0).GetAsync($"/admin/strange-behaviors?kind={kind}&limit=1000");
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        return JsonSerializer.Deserialize<List<StrangeRow>>(answer.Body, JsonSerializerOptions.Web)!;
    }

    public async ValueTask DisposeAsync()
    {
        await Database.DisposeAsync();
        await Servers.DisposeAsync();
    }
}

/// <summary>A row of strange behavior as the internal port shows it.</summary>
public sealed record StrangeRow(
    long Id,
    string Kind,
    string? Node,
    string? ListeningKey,
    string? UserId,
    string? Address,
    DateTime FirstAt,
    DateTime LastAt,
    long Times,
    string Detail
);
