using Npgsql;
using SignalBroker.LocalCluster;
using SignalBroker.Push;
using SignalBroker.StrangeBehaviors;
using SignalBroker.Tests.Harness;

[assembly: AssemblyFixture(typeof(TestCluster))]

namespace SignalBroker.Tests.Harness;

/// <summary>The servers that most tests share: PostgreSQL, two nodes, two webapps.</summary>
public sealed class TestCluster : IAsyncLifetime
{
    private const string Unlimited = "1000000000000";

    /// <summary>All tests come from one address, and most want answers quickly.</summary>
    public static readonly IReadOnlyDictionary<string, string> Settings = new Dictionary<string, string>
    {
        ["RateLimits:RequestsPerSecondOfAddress"] = "100000",
        ["RateLimits:SignalsPerSecondOfSession"] = "100000",
        ["Sessions:MaxPerAddress"] = "0",
        ["Users:NewPerDayOfAddress"] = Unlimited,
        ["Rooms:MembershipsPerDayOfAddress"] = Unlimited,
        ["Push:SubscriptionsPerDayOfAddress"] = Unlimited,
        ["Inbox:StoredBytesPerDayOfSender"] = Unlimited,
        ["Inbox:StoredBytesPerDayOfAddress"] = Unlimited,
        ["Inbox:ShareOfSender"] = "1",
        ["Inbox:ShareOfAddress"] = "1",
        ["StrangeBehaviors:DetailedPerDayOfAddress"] = "1000000000",
        // Those that must expire are told to.
        ["Sessions:AckWithin"] = "00:05:00",
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
    public Task AllNodesReadyAsync() => Servers.AllNodesReadyAsync();

    /// <summary>How many sessions of a user the table holds.</summary>
    public async Task<long> RowsOfAsync(string userId)
    {
        await using var count = Database.CreateCommand("SELECT count(*) FROM sessions WHERE user_id = $1");
        count.Parameters.AddWithValue(userId);
        return (long)(await count.ExecuteScalarAsync())!;
    }

    /// <summary>Whether a session is acked; null when there is no such session.</summary>
    public Task<bool?> IsAckedAsync(string listeningKey) => Database.IsAckedAsync(listeningKey);

    /// <summary>Lets the time in which an unacked session may begin to listen be over now.</summary>
    public Task ExpireAsync(params string[] listeningKeys) => Database.ExpireAsync(listeningKeys);

    /// <summary>Makes an empty database beside the webapps' own; how it is reached.</summary>
    public async Task<string> CreateDatabaseAsync()
    {
        var name = $"test_{Guid.NewGuid():N}";
        await using var create = Database.CreateCommand($"CREATE DATABASE {name}");
        await create.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        return new NpgsqlConnectionStringBuilder(Servers.Postgres.ConnectionString)
        {
            Database = name,
            Pooling = false,
        }.ConnectionString;
    }

    /// <summary>The newest rows of strange behavior of a kind.</summary>
    internal Task<IReadOnlyList<StrangeBehavior>> StrangeAsync(string kind) =>
        StrangeRows.ReadAsync(InternalOf(0), $"kind={kind}&limit=1000");

    /// <summary>The node that a session listens on.</summary>
    public Node NodeOf(ConnectedSession session) =>
        Servers.Nodes.Single(node => node.ListeningAddress == session.ListeningAddress);

    /// <summary>Opens sessions until there is one on each node, in the nodes' order.</summary>
    public async Task<IReadOnlyList<ConnectedSession>> ConnectOnEachNodeAsync()
    {
        var found = new Dictionary<Node, ConnectedSession>();
        while (found.Count < Servers.Nodes.Count)
        {
            var session = await Api.ConnectAsync();
            found.TryAdd(NodeOf(session), session);
        }

        return [.. Servers.Nodes.Select(node => found[node])];
    }

    // After the last test, when everything that can leak a passcode has been done.
    public async ValueTask DisposeAsync()
    {
        try
        {
            await Passcodes.ExpectNoLeakAsync(Servers);
        }
        finally
        {
            await Database.DisposeAsync();
            await Servers.DisposeAsync();
        }
    }
}
