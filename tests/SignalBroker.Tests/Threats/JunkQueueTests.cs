using System.Net;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;
using SignalBroker.Identity;
using SignalBroker.Sessions;
using SignalBroker.StrangeBehaviors;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Threats;

/// <summary>
/// RabbitMQ asks for a queue's name and not for its kind, so that a session can declare any kind under its own key.
/// It does not keep it.
/// </summary>
public sealed class JunkQueueTests(TestCluster cluster)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static TheoryData<string, bool, bool, bool, Dictionary<string, object?>> Kinds { get; } =
        new()
        {
            { "durable", true, false, false, [] },
            { "durable and exclusive", true, true, false, [] },
            { "not exclusive", false, false, true, [] },
            { "not auto-delete", false, true, false, [] },
            {
                "with an expiry",
                false,
                true,
                true,
                new() { ["x-expires"] = 3_600_000 }
            },
            {
                "with a length of its own",
                false,
                true,
                true,
                new() { ["x-max-length"] = 1_000_000 }
            },
            {
                "a stream",
                true,
                false,
                false,
                new() { ["x-queue-type"] = "stream" }
            },
            {
                "a quorum queue",
                true,
                false,
                false,
                new() { ["x-queue-type"] = "quorum" }
            },
        };

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_queue_of_the_wrong_kind_is_removed_with_its_session(
        string kind,
        bool durable,
        bool exclusive,
        bool autoDelete,
        Dictionary<string, object?> arguments
    )
    {
        await using var innocent = await Listener.StartStompAsync(cluster.Api);
        var session = await cluster.Api.ConnectAsync();
        await using var connection = await Management.OpenAmqpAsync(
            cluster.NodeOf(session),
            session.ListeningKey,
            session.Passcode
        );
        var closed = ClosedBy(connection);
        var channel = await connection.CreateChannelAsync(cancellationToken: TestContext.Current.CancellationToken);

        await channel.QueueDeclareAsync(
            session.ListeningKey,
            durable,
            exclusive,
            autoDelete,
            arguments,
            noWait: true,
            cancellationToken: TestContext.Current.CancellationToken
        );

        await closed.WaitAsync(Patience, TestContext.Current.CancellationToken);
        await ExpectRemovedAndRecordedAsync(session, kind);
        await ExpectListeningAsync(innocent);
    }

    [Fact]
    public async Task A_queue_that_would_pass_its_messages_on_to_an_exchange_is_refused()
    {
        var session = await cluster.Api.ConnectAsync();
        await using var connection = await Management.OpenAmqpAsync(
            cluster.NodeOf(session),
            session.ListeningKey,
            session.Passcode
        );
        var channel = await connection.CreateChannelAsync(cancellationToken: TestContext.Current.CancellationToken);

        var refused = await Should.ThrowAsync<OperationInterruptedException>(() =>
            channel.QueueDeclareAsync(
                session.ListeningKey,
                durable: false,
                exclusive: true,
                autoDelete: true,
                new Dictionary<string, object?> { ["x-dead-letter-exchange"] = "amq.fanout" },
                cancellationToken: TestContext.Current.CancellationToken
            )
        );

        refused.ShutdownReason!.ReplyCode.ShouldBe((ushort)403);
        (await Management.FindQueueAsync(cluster.NodeOf(session), session.ListeningKey)).ShouldBeNull();
    }

    [Theory]
    [InlineData("true", "true", "false")]
    [InlineData("true", "false", "false")]
    [InlineData("false", "true", "false")]
    [InlineData("false", "false", "true")]
    public async Task A_SUBSCRIBE_that_asks_for_another_kind_of_queue_is_ended(
        string durable,
        string exclusive,
        string autoDelete
    )
    {
        var session = await cluster.Api.ConnectAsync();
        await using var socket = await StompSocket.OpenAsync(session.ListeningAddress);
        (await socket.TryConnectAsync(session.ListeningKey, session.Passcode)).ShouldBeTrue();

        await socket.SubscribeAsync(
            $"/queue/{session.ListeningKey}",
            ("durable", durable),
            ("exclusive", exclusive),
            ("auto-delete", autoDelete)
        );

        await socket.Closed.WaitAsync(Patience, TestContext.Current.CancellationToken);
        await ExpectRemovedAndRecordedAsync(session, $"durable: {durable}, exclusive: {exclusive}");
    }

    [Fact]
    public async Task A_SEND_to_the_own_queue_creates_a_queue_of_the_wrong_kind_and_ends_the_session()
    {
        var session = await cluster.Api.ConnectAsync();
        await using var socket = await StompSocket.OpenAsync(session.ListeningAddress);
        (await socket.TryConnectAsync(session.ListeningKey, session.Passcode)).ShouldBeTrue();

        await socket.SendAsync("SEND", [("destination", $"/queue/{session.ListeningKey}")], "hello");

        await socket.Closed.WaitAsync(Patience, TestContext.Current.CancellationToken);
        await ExpectRemovedAndRecordedAsync(session, "SEND");
    }

    [Fact]
    public async Task A_queue_whose_session_is_no_more_is_closed_and_recorded()
    {
        await using var innocent = await Listener.StartStompAsync(cluster.Api);
        await using var listener = await Listener.StartStompAsync(cluster.Api);
        await using (var delete = cluster.Database.CreateCommand("DELETE FROM sessions WHERE listening_key = $1"))
        {
            delete.Parameters.AddWithValue(listener.Key);
            await delete.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        await listener.Closed.WaitAsync(Patience, TestContext.Current.CancellationToken);

        await ExpectGoneAsync(listener.Session);
        var row = await StrangeRows.ExpectAsync(cluster.InternalOf(1), "queueWithoutSession", listener.Key);
        row.Kind.ShouldBe(StrangeKind.QueueWithoutSession);
        row.Node.ShouldBe(cluster.NodeOf(listener.Session).Name);
        await ExpectListeningAsync(innocent);
    }

    [Fact]
    public async Task A_socket_that_outlives_its_session_is_closed()
    {
        await using var listener = await Listener.StartStompAsync(cluster.Api);
        await Eventually.HoldsAsync(async () => (await cluster.IsAckedAsync(listener.Key)).ShouldBe(true));

        await listener.Socket.SendAsync("UNSUBSCRIBE", [("id", "0")]);

        await listener.Closed.WaitAsync(Patience, TestContext.Current.CancellationToken);
        (await cluster.RowsOfAsync(listener.Session.UserId)).ShouldBe(0);
    }

    private static Task ClosedBy(IConnection connection)
    {
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.ConnectionShutdownAsync += (_, _) =>
        {
            closed.TrySetResult();
            return Task.CompletedTask;
        };
        return closed.Task;
    }

    private async Task ExpectRemovedAndRecordedAsync(ConnectedSession session, string kind)
    {
        await ExpectGoneAsync(session);
        (await cluster.Api.ExchangeAsync(session, new { to = session.UserId, content = 1 })).Status.ShouldBe(
            HttpStatusCode.Unauthorized
        );
        var row = await StrangeRows.ExpectAsync(cluster.InternalOf(0), "junkQueue", session.ListeningKey);
        row.Node.ShouldBe(cluster.NodeOf(session).Name, kind);
        row.UserId.ShouldBe(session.UserId, kind);
        row.Detail.ShouldNotBeEmpty();
    }

    private Task ExpectGoneAsync(ConnectedSession session) =>
        Eventually.HoldsAsync(async () =>
        {
            (await Management.FindQueueAsync(cluster.NodeOf(session), session.ListeningKey)).ShouldBeNull();
            (await cluster.RowsOfAsync(session.UserId)).ShouldBe(0);
        });

    private async Task ExpectListeningAsync(Listener listener)
    {
        var answer = await cluster.Api.ExchangeAsync(
            listener.Session,
            new { toSession = listener.Key, content = "still there" }
        );
        answer.Outcomes.ShouldBe([(listener.Key, "queued")]);
        (await listener.ReceiveAsync()).GetProperty("content").GetString().ShouldBe("still there");
    }
}
