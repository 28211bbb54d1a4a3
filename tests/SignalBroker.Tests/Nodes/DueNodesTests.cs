using Microsoft.Extensions.Options;
using Npgsql;
using SignalBroker.BrokerEvents;
using SignalBroker.Inbox;
using SignalBroker.Migrations;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Nodes;

/// <summary>A node is asked for all its queues only when there is something to find.</summary>
public sealed class DueNodesTests(TestCluster cluster)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    // A session that never listens would have its node listed on each sweep of its time.
    [Theory]
    [InlineData(true, 20, false)]
    [InlineData(true, 8, true)]
    [InlineData(true, -1, true)]
    [InlineData(false, 8, false)]
    [InlineData(false, -1, true)]
    public async Task A_session_without_an_ack_has_its_node_asked_shortly_before_it_expires(
        bool admitted,
        int secondsLeft,
        bool due
    )
    {
        var database = await cluster.CreateDatabaseAsync();
        await Migrator.MigrateAsync(database, TestContext.Current.CancellationToken);
        await using var source = NpgsqlDataSource.Create(database);
        await using var open = source.CreateCommand(
            """
            INSERT INTO sessions (listening_key, user_id, node, passcode_sha256, address, original_client, admitted_at, ack_by)
            VALUES ('key', 'user', 'node', '', '127.0.0.1', false,
                    CASE WHEN $1 THEN now() - interval '10 seconds' END, now() + $2 * interval '1 second')
            """
        );
        open.Parameters.AddWithValue(admitted);
        open.Parameters.AddWithValue(secondsLeft);
        await open.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);

        var nodes = await new QueueEventStore(source, Options.Create(new InboxOptions())).FindDueNodesAsync(Interval);

        nodes.ShouldBe(due ? ["node"] : []);
    }
}
