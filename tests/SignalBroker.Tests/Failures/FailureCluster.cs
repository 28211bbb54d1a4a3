using System.Net;
using Dapper;
using Npgsql;
using SignalBroker.Broker;
using SignalBroker.LocalCluster;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Failures;

/// <summary>The tests that break servers: on a cluster of their own, one after the other.</summary>
[CollectionDefinition(nameof(FailureCollection), DisableParallelization = true)]
public sealed class FailureCollection : ICollectionFixture<FailureCluster>;

/// <summary>Two nodes, two webapps and a PostgreSQL that may be broken, and are mended after each test.</summary>
public sealed class FailureCluster : IAsyncLifetime
{
    private readonly TestCluster cluster = new();
    private NpgsqlDataSource database = null!;

    public Cluster Servers => cluster.Servers;

    /// <summary>The node that the tests break.</summary>
    public Node Victim => Servers.Nodes[0];

    /// <summary>The node that must not notice.</summary>
    public Node Bystander => Servers.Nodes[1];

    public Api ApiOf(int webapp) => cluster.ApiOf(webapp);

    public Api InternalOf(int webapp) => cluster.InternalOf(webapp);

    public async ValueTask InitializeAsync()
    {
        await cluster.InitializeAsync();
        // A pool would hand out connections that a test has broken.
        database = NpgsqlDataSource.Create(Servers.Postgres.ConnectionString + ";Pooling=false");
    }

    public async ValueTask DisposeAsync()
    {
        await database.DisposeAsync();
        await cluster.DisposeAsync();
    }

    /// <summary>Starts, resumes and reconnects whatever a test has left broken.</summary>
    public async Task MendAsync()
    {
        foreach (var node in Servers.Nodes)
        {
            node.AmqpProxy!.Forward();
            node.ManagementProxy!.Forward();
        }

        foreach (Part part in (Part[])[Servers.Postgres, .. Servers.Nodes, .. Servers.Webapps])
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

        await cluster.AllNodesReadyAsync();
    }

    /// <summary>Opens a session on this node and listens.</summary>
    public async Task<Listener> ListenOnAsync(Node node, int webapp = 0) =>
        await Listener.StartAsync(await ConnectOnAsync(node, webapp));

    /// <summary>The same by STOMP, for what the test says in frames of its own.</summary>
    public async Task<Listener> ListenByStompOnAsync(Node node) =>
        await Listener.StartStompAsync(await ConnectOnAsync(node));

    /// <summary>Opens a session on this node.</summary>
    public async Task<ConnectedSession> ConnectOnAsync(Node node, int webapp = 0)
    {
        while (true)
        {
            var session = await ApiOf(webapp).ConnectAsync();
            if (session.ListeningAddress == node.ListeningAddress)
            {
                return session;
            }

            await ApiOf(webapp).DisconnectAsync(session);
        }
    }

    /// <summary>Sends a signal, which must be queued and arrive; what arrives before it is passed over.</summary>
    public async Task NextSignalArrivesAsync(int webapp, Listener sender, Listener receiver)
    {
        var answer = await ApiOf(webapp)
            .ExchangeAsync(sender.Session, new { to = receiver.Session.UserId, content = "next" });
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        answer.Outcomes.ShouldBe([(receiver.Key, "queued")]);
        await ReceivesAsync(receiver, answer.Json.GetProperty("id").GetString()!);
    }

    public static async Task ReceivesAsync(Listener receiver, string id)
    {
        while (!(await receiver.ReceiveAsync()).TryGetProperty("id", out var received) || received.GetString() != id)
        {
            // An earlier signal, of which the sender was told that its outcome is unknown, or what the server itself says.
        }
    }

    /// <summary>Waits until every webapp sees the node in this state.</summary>
    public async Task EverybodySeesAsync(Node node, string state, TimeSpan within)
    {
        for (var webapp = 0; webapp < Servers.Webapps.Count; webapp++)
        {
            var admin = InternalOf(webapp);
            await Eventually.HoldsAsync(
                async () =>
                {
                    var seen = await StateAsync(admin, node);
                    // The webapps agree after a while that a node which none of them can reach is lost.
                    (seen == "lost" ? "unreachable" : seen).ShouldBe(state);
                },
                within
            );
        }
    }

    public static async Task<string?> StateAsync(Api admin, Node node) =>
        (await admin.GetAsync("/admin/nodes"))
            .Json.EnumerateArray()
            .Single(entry => entry.GetProperty("name").GetString() == node.Name)
            .GetProperty("state")
            .GetString();

    /// <summary>The listening keys that the table holds for a node.</summary>
    public async Task<IReadOnlyList<string>> SessionsOfAsync(Node node)
    {
        await using var connection = await database.OpenConnectionAsync();
        return
        [
            .. await connection.QueryAsync<string>(
                "SELECT listening_key FROM sessions WHERE node = @Name ORDER BY listening_key COLLATE \"C\"",
                new { node.Name }
            ),
        ];
    }

    /// <summary>The same, each with everything that is known of it but its secret, for a test that finds too many.</summary>
    public async Task<IReadOnlyList<string>> DescribeSessionsOfAsync(Node node)
    {
        await using var connection = await database.OpenConnectionAsync();
        return
        [
            .. await connection.QueryAsync<string>(
                "SELECT (to_jsonb(sessions) - 'passcode_sha256')::text FROM sessions WHERE node = @Name",
                new { node.Name }
            ),
        ];
    }

    /// <summary>Waits until the table holds no session of a node; those that only other tests have opened must go as well.</summary>
    public async Task NoSessionIsLeftAsync(Node node, TimeSpan within)
    {
        await database.ExpireAsync();
        await Eventually.HoldsAsync(async () => (await DescribeSessionsOfAsync(node)).ShouldBeEmpty(), within);
    }

    /// <summary>The whole row of a session, with the version that every change of it makes anew; null when there is none.</summary>
    public async Task<string?> RowOfAsync(string listeningKey)
    {
        await using var connection = await database.OpenConnectionAsync();
        return await connection.QuerySingleOrDefaultAsync<string>(
            "SELECT xmin::text || to_jsonb(sessions) FROM sessions WHERE listening_key = @listeningKey",
            new { listeningKey }
        );
    }

    /// <summary>The number that a statement of the test's own counts.</summary>
    public async Task<long> CountAsync(string statement)
    {
        await using var connection = await database.OpenConnectionAsync();
        return await connection.QuerySingleAsync<long>(statement);
    }

    /// <summary>PostgreSQL's processes that tell the webapps of changed sessions.</summary>
    public async Task<IReadOnlyList<int>> HearersAsync()
    {
        await using var connection = await database.OpenConnectionAsync();
        return
        [
            .. await connection.QueryAsync<int>(
                "SELECT pid FROM pg_stat_activity WHERE query LIKE 'SELECT pg_notify(%' AND pid <> pg_backend_pid()"
            ),
        ];
    }

    /// <summary>The listening keys of which a node has a queue.</summary>
    public static async Task<IReadOnlyList<string>> QueuesOfAsync(Node node)
    {
        var queues = await Management.QueuesOfAsync(node);
        return [.. queues.Select(Topology.KeyOf).OfType<string>().Order(StringComparer.Ordinal)];
    }

    /// <summary>Waits until each node's queues are exactly the sessions of the table.</summary>
    public async Task SessionsAgreeWithQueuesAsync(TimeSpan within)
    {
        // What began to listen and never did must go as well.
        await database.ExpireAsync();
        foreach (var node in Servers.Nodes)
        {
            await Eventually.HoldsAsync(
                async () => (await SessionsOfAsync(node)).ShouldBe(await QueuesOfAsync(node)),
                within
            );
        }
    }

    /// <summary>Waits until this kind of strange behavior is recorded of the key.</summary>
    public Task IsRecordedAsync(string kind, string listeningKey) =>
        Eventually.HoldsAsync(async () =>
            (await cluster.StrangeAsync(kind)).Select(row => row.ListeningKey).ShouldContain(listeningKey)
        );
}

/// <summary>A test that breaks something: it begins with everything ready, and what it broke is mended afterwards.</summary>
[Collection(nameof(FailureCollection))]
public abstract class FailureTests(FailureCluster cluster) : IAsyncLifetime
{
    // Four seconds at most on an idle machine; nothing but the probe would notice within a minute.
    /// <summary>A node that does not answer is found out so soon, however busy the machine.</summary>
    protected static readonly TimeSpan NoticedWithin = TimeSpan.FromSeconds(20);

    /// <summary>Sessions that a crash has ended are gone so soon after their node is back, however busy the machine.</summary>
    protected static readonly TimeSpan ReconciledWithin = TimeSpan.FromSeconds(30);

    // Five seconds on an idle machine.
    /// <summary>A publish that gets no confirm is answered so soon, however busy the machine.</summary>
    protected static readonly TimeSpan AnsweredWithin = TimeSpan.FromSeconds(20);

    protected FailureCluster Cluster { get; } = cluster;

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await Cluster.MendAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Says how long something took, for whoever reads the test's output.</summary>
    protected static void Measured(string what, TimeSpan took) => Measured($"{what}: {took.TotalSeconds:0.00} s");

    /// <inheritdoc cref="Measured(string, TimeSpan)"/>
    protected static void Measured(string line) => TestContext.Current.TestOutputHelper?.WriteLine(line);
}
