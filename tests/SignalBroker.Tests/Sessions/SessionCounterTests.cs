using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;
using SignalBroker.Nodes;
using SignalBroker.Sessions;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Sessions;

/// <summary>How a webapp knows how full the nodes are.</summary>
public sealed class SessionCounterTests(TestCluster cluster)
{
    // A table of its own, which is not there at first.
    private const string Schema = "session_counter_tests";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_count_that_fails_is_soon_made_again()
    {
        await using var database = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(cluster.Servers.Postgres.ConnectionString)
            {
                SearchPath = Schema,
            }.ConnectionString
        );
        var nodes = new NodeCatalog(
            Options.Create<List<NodeOptions>>([
                new()
                {
                    Name = "one",
                    ListeningAddress = new("ws://127.0.0.1:1/ws"),
                    AmqpAddress = new("amqp://user:secret@127.0.0.1:2/%2f"),
                    ManagementAddress = new("http://user:secret@127.0.0.1:3/"),
                },
            ]),
            TimeProvider.System
        );
        using var counter = new SessionCounter(
            new SessionStore(database, []),
            nodes,
            TimeProvider.System,
            NullLogger<SessionCounter>.Instance
        );
        await Should.ThrowAsync<PostgresException>(counter.CountAsync);

        await counter.StartAsync(Token);
        await ExecuteAsync($"CREATE SCHEMA {Schema}; CREATE TABLE {Schema}.sessions (node text)");
        try
        {
            await ExecuteAsync($"INSERT INTO {Schema}.sessions VALUES ('one'), ('one'), ('two')");
            await Eventually.HoldsAsync(
                () =>
                {
                    nodes.Nodes[0].Sessions.ShouldBe(2);
                    return Task.CompletedTask;
                },
                5 * SessionCounter.Interval
            );

            await ExecuteAsync($"DELETE FROM {Schema}.sessions");
            await Eventually.HoldsAsync(() =>
            {
                nodes.Nodes[0].Sessions.ShouldBe(0);
                return Task.CompletedTask;
            });
        }
        finally
        {
            await counter.StopAsync(Token);
            await ExecuteAsync($"DROP SCHEMA {Schema} CASCADE");
        }

        async Task ExecuteAsync(string sql)
        {
            await using var command = database.CreateCommand(sql);
            await command.ExecuteNonQueryAsync(Token);
        }
    }
}
