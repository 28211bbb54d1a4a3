using Dapper;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using SignalBroker.Migrations;
using SignalBroker.Nodes;
using SignalBroker.Presence;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Presence;

/// <summary>The webapps agree on which nodes are reachable.</summary>
public sealed class NodeAgreementTests(TestCluster cluster) : IAsyncLifetime
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private readonly string node = $"node-{Guid.NewGuid()}";
    private NpgsqlDataSource database = null!;
    private NodeStore store = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // The cluster's own webapps judge every node in theirs, each second.
    public async ValueTask InitializeAsync()
    {
        var name = $"nodes_{Guid.NewGuid():N}";
        await using var create = cluster.Database.CreateCommand($"CREATE DATABASE {name}");
        await create.ExecuteNonQueryAsync(Token);
        var own = new NpgsqlConnectionStringBuilder(cluster.Servers.Postgres.ConnectionString) { Database = name };
        await Migrator.MigrateAsync(own.ConnectionString, Token);
        database = NpgsqlDataSource.Create(own.ConnectionString);
        store = new(database);
    }

    public ValueTask DisposeAsync() => database.DisposeAsync();

    [Fact]
    public async Task A_node_is_unknown_only_when_no_webapp_has_been_able_to_use_it_for_some_time()
    {
        (await store.AgreeAsync([node], unknownAfter: null)).ShouldContain(
            new ChangedNode { Name = node, Reachable = true }
        );
        (await store.AgreeAsync([], Hour)).ShouldNotContain(changed => changed.Name == node);
        await WasSeenLongAgoAsync();
        (await store.AgreeAsync([], unknownAfter: null)).ShouldNotContain(changed => changed.Name == node);
        // Whoever can use it writes first, and whoever can't has nothing to say any more.
        (await store.AgreeAsync([node], Hour)).ShouldNotContain(changed => changed.Name == node);
        (await store.AgreeAsync([], Hour)).ShouldNotContain(changed => changed.Name == node);
        (await IsReachableAsync()).ShouldBeTrue();

        await WasSeenLongAgoAsync();
        (await store.AgreeAsync([], Hour)).ShouldContain(new ChangedNode { Name = node, Reachable = false });
        (await store.AgreeAsync([], Hour)).ShouldNotContain(changed => changed.Name == node);
        (await IsReachableAsync()).ShouldBeFalse();

        (await store.AgreeAsync([node], Hour)).ShouldContain(new ChangedNode { Name = node, Reachable = true });
        (await IsReachableAsync()).ShouldBeTrue();
    }

    [Fact]
    public async Task Who_has_come_to_listen_since_a_node_was_lost_is_not_unknown()
    {
        await store.AgreeAsync([node], unknownAfter: null);
        await ListensAsync("before");
        await WasSeenLongAgoAsync();
        await store.AgreeAsync([], Hour);

        // The node is back, and its events have acked somebody; that it is reachable has yet to be written down.
        await ListensAsync("since");

        (await StateAsync("before")).ShouldBe("unknown");
        (await StateAsync("since")).ShouldBe("listening");
        await store.AgreeAsync([node], Hour);
        (await StateAsync("before")).ShouldBe("listening");
        // Lost once more, it takes both along.
        await WasSeenLongAgoAsync();
        await store.AgreeAsync([], Hour);
        (await StateAsync("since")).ShouldBe("unknown");
    }

    [Fact]
    public async Task A_webapp_that_has_not_written_for_a_while_does_not_judge_at_first()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UnixEpoch);
        using var watch = new NodeWatch(
            store,
            new NodeCatalog(Options.Create<List<NodeOptions>>([]), clock),
            Options.Create(new PresenceOptions { NodeUnknownAfter = TimeSpan.FromMinutes(1) }),
            clock,
            NullLogger<NodeWatch>.Instance
        );
        await store.AgreeAsync([node], unknownAfter: null);
        await WasSeenLongAgoAsync();

        await WriteAsync(58);
        (await IsReachableAsync()).ShouldBeTrue();
        // So long was the database away.
        clock.Advance(TimeSpan.FromSeconds(4));
        await WriteAsync(60);
        (await IsReachableAsync()).ShouldBeTrue();
        await WriteAsync(1);
        (await IsReachableAsync()).ShouldBeFalse();

        async Task WriteAsync(int times)
        {
            // Every second one would do as well, and take less long.
            for (var second = 0; second < times; second += 2)
            {
                await watch.WriteAsync();
                clock.Advance(TimeSpan.FromSeconds(2));
            }
        }
    }

    private async Task WasSeenLongAgoAsync()
    {
        await using var connection = await database.OpenConnectionAsync(Token);
        await connection.ExecuteAsync(
            "UPDATE nodes SET seen_at = seen_at - interval '2 hours' WHERE name = @node",
            new { node }
        );
    }

    private async Task ListensAsync(string userId)
    {
        await using var connection = await database.OpenConnectionAsync(Token);
        await connection.ExecuteAsync(
            """
            INSERT INTO sessions (listening_key, user_id, node, passcode_sha256, address, original_client, ack_by, acked_at)
            VALUES (@userId, @userId, @node, '', '127.0.0.1', false, now(), now())
            """,
            new { userId, node }
        );
    }

    private async Task<string> StateAsync(string userId)
    {
        await using var connection = await database.OpenConnectionAsync(Token);
        return await connection.QuerySingleAsync<string>(
            "SELECT state FROM presence_devices WHERE user_id = @userId",
            new { userId }
        );
    }

    private async Task<bool> IsReachableAsync()
    {
        await using var connection = await database.OpenConnectionAsync(Token);
        return await connection.QuerySingleAsync<bool>("SELECT reachable FROM nodes WHERE name = @node", new { node });
    }
}
