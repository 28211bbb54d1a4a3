using System.Net;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.BrokerEvents;

/// <summary>A session may declare the queue that bears its key, and only of the agreed kind.</summary>
public sealed class JunkQueueTests(TestCluster cluster)
{
    public static TheoryData<string> Kinds => ["durable", "shared", "kept", "expiring", "quorum", "stream"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_junk_queue_is_removed_and_recorded(string kind)
    {
        var session = await cluster.Api.ConnectAsync();
        await using var innocent = await Listener.StartAsync(cluster.Api);
        var node = cluster.Servers.Nodes.Single(node => node.ListeningAddress == session.ListeningAddress);
        var arguments = new Dictionary<string, object?>();
        var (durable, exclusive, autoDelete) = (false, true, true);
        switch (kind)
        {
            case "durable":
                // Durable and exclusive at once is not possible: RabbitMQ makes it transient.
                (durable, exclusive) = (true, false);
                break;
            case "shared":
                exclusive = false;
                break;
            case "kept":
                autoDelete = false;
                break;
            case "expiring":
                arguments["x-expires"] = 60_000;
                break;
            default:
                arguments["x-queue-type"] = kind;
                (durable, exclusive, autoDelete) = (true, false, false);
                break;
        }

        // The session's key and passcode open an AMQP connection too, with the same permissions.
        await using var connection = await new ConnectionFactory
        {
            Uri = new Uri(node.AmqpAddress),
            UserName = session.ListeningKey,
            Password = session.Passcode,
            AutomaticRecoveryEnabled = false,
        }.CreateConnectionAsync(TestContext.Current.CancellationToken);
        try
        {
            var channel = await connection.CreateChannelAsync(cancellationToken: TestContext.Current.CancellationToken);
            await channel.QueueDeclareAsync(
                session.ListeningKey,
                durable,
                exclusive,
                autoDelete,
                arguments,
                cancellationToken: TestContext.Current.CancellationToken
            );
        }
        catch (Exception refused) when (refused is OperationInterruptedException or AlreadyClosedException)
        {
            // The broker itself refused it, or the webapp was faster than the answer.
        }

        var management = new Management(node);
        await Eventually.HoldsAsync(async () =>
        {
            (await management.HasQueueAsync(session.ListeningKey)).ShouldBeFalse();
            connection.IsOpen.ShouldBeFalse();
            var rows = await cluster.StrangeAsync("junkQueue");
            rows.ShouldContain(row => row.ListeningKey == session.ListeningKey && row.UserId == session.UserId);
        });
        var answer = await cluster.Api.ExchangeAsync(session, new { to = innocent.Session.UserId, content = 1 });
        answer.Status.ShouldBe(HttpStatusCode.Unauthorized);
        (
            await cluster.Api.ExchangeAsync(innocent.Session, new { to = innocent.Session.UserId, content = 1 })
        ).Outcomes.ShouldBe([(innocent.Key, "queued")]);
    }

    [Theory]
    [InlineData("auto-delete", "false")]
    [InlineData("exclusive", "false")]
    public async Task A_browser_that_subscribes_in_another_way_is_closed_too(string header, string value)
    {
        var session = await cluster.Api.ConnectAsync();
        var node = cluster.Servers.Nodes.Single(node => node.ListeningAddress == session.ListeningAddress);
        await using var socket = await StompSocket.OpenAsync(session.ListeningAddress);
        await socket.ConnectAsync(session.ListeningKey, session.Passcode);
        await socket.ExpectAsync("CONNECTED");
        var headers = new Dictionary<string, string>
        {
            ["exclusive"] = "true",
            ["auto-delete"] = "true",
            ["durable"] = "false",
            [header] = value,
        };

        await socket.SubscribeAsync(
            $"/queue/{session.ListeningKey}",
            [.. headers.Select(pair => (pair.Key, pair.Value))]
        );

        await socket.Closed.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        await Eventually.HoldsAsync(async () =>
        {
            (await new Management(node).HasQueueAsync(session.ListeningKey)).ShouldBeFalse();
            (await cluster.StrangeAsync("junkQueue")).ShouldContain(row => row.ListeningKey == session.ListeningKey);
        });
    }

    [Fact]
    public async Task A_socket_that_outlives_its_session_is_closed()
    {
        await using var listener = await Listener.StartAsync(cluster.Api);
        await Eventually.HoldsAsync(async () => (await cluster.IsAckedAsync(listener.Key)).ShouldBe(true));

        await listener.Socket.SendAsync("UNSUBSCRIBE", [("id", "0")]);

        await listener.Socket.Closed.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        (await cluster.RowsOfAsync(listener.Session.UserId)).ShouldBe(0);
    }

    [Fact]
    public async Task A_queue_without_a_session_is_closed_and_recorded()
    {
        await using var orphan = await Listener.StartAsync(cluster.Api);
        await Eventually.HoldsAsync(async () => (await cluster.IsAckedAsync(orphan.Key)).ShouldBe(true));

        await using (var delete = cluster.Database.CreateCommand("DELETE FROM sessions WHERE listening_key = $1"))
        {
            delete.Parameters.AddWithValue(orphan.Key);
            await delete.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        await orphan.Socket.Closed.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        await Eventually.HoldsAsync(async () =>
            (await cluster.StrangeAsync("queueWithoutSession")).ShouldContain(row => row.ListeningKey == orphan.Key)
        );
    }
}
