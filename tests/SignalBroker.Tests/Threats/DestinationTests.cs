using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Threats;

/// <summary>A session that has logged in can do nothing on its node but listen on its own queue.</summary>
public sealed class DestinationTests(TestCluster cluster)
{
    // {own} and {other} are listening keys; the other session listens on the same node.
    public static TheoryData<string> Destinations { get; } =
    [
        "/queue/{other}",
        "/queue/signalbroker.events",
        "/queue/invented-{own}",
        "/amq/queue/{other}",
        "/amq/queue/signalbroker.events",
        "/exchange/amq.topic/x",
        "/exchange/amq.topic/{own}",
        "/exchange/amq.direct/{other}",
        "/exchange/amq.fanout",
        "/exchange/amq.headers",
        "/exchange/amq.match/x",
        "/exchange/amq.default/{other}",
        "/exchange//{other}",
        "/exchange/amq.rabbitmq.event/#",
        "/exchange/amq.rabbitmq.event/queue.created",
        "/exchange/amq.rabbitmq.log/#",
        "/exchange/signals",
        "/exchange/signals/{other}",
        "/exchange/signals/{own}.{other}",
        "/exchange/signals/#",
        "/exchange/signals/s.*",
        "/topic/x",
        "/topic/#",
        "/topic/{other}",
        "/temp-queue/x",
        "/reply-queue/{other}",
        "{other}",
        "/",
    ];

    [Theory]
    [MemberData(nameof(Destinations))]
    [InlineData("/exchange/signals/{own}")]
    public Task Nobody_can_subscribe_to(string destination) =>
        IsRefusedAsync(scene =>
            scene.Socket.SubscribeAsync(scene.Name(destination), ("exclusive", "true"), ("auto-delete", "true"))
        );

    [Theory]
    [MemberData(nameof(Destinations))]
    [InlineData("/queue/{own}")]
    [InlineData("/amq/queue/{own}")]
    public Task Nobody_can_send_through_a_socket_to(string destination) =>
        IsRefusedAsync(scene =>
            scene.Socket.SendAsync("SEND", [("destination", scene.Name(destination)), ("receipt", "sent")], "hello")
        );

    [Theory]
    [InlineData("x-queue-name", "invented-{own}")]
    [InlineData("x-queue-name", "{own}")]
    [InlineData("x-queue-name", "{other}")]
    public Task Nobody_can_subscribe_to_an_exchange_with_a_queue_of_another_name(string header, string value) =>
        IsRefusedAsync(scene =>
            scene.Socket.SubscribeAsync("/exchange/amq.rabbitmq.event/#", (header, scene.Name(value)))
        );

    [Theory]
    [InlineData("CC", "{other}")]
    [InlineData("BCC", "{other}")]
    [InlineData("reply-to", "/temp-queue/x")]
    [InlineData("reply-to", "/queue/{other}")]
    [InlineData("user-id", "{other}")]
    [InlineData("user-id", "{own}")]
    public Task Nobody_can_send_with_the_header(string header, string value) =>
        IsRefusedAsync(scene =>
            scene.Socket.SendAsync(
                "SEND",
                [("destination", scene.Name("/queue/{own}")), (header, scene.Name(value)), ("receipt", "sent")],
                "hello"
            )
        );

    [Theory]
    [InlineData("CC", "{other}")]
    [InlineData("BCC", "{other}")]
    [InlineData("reply-to", "/temp-queue/x")]
    [InlineData("user-id", "{other}")]
    public Task Nobody_can_send_signals_with_the_header(string header, string value) =>
        IsRefusedAsync(scene =>
            scene.Socket.SendAsync(
                "SEND",
                [
                    ("destination", scene.Name("/exchange/signals/{own}")),
                    (header, scene.Name(value)),
                    ("receipt", "sent"),
                ],
                scene.Name("""{"toSession":"{other}","id":"1","content":"forged"}""")
            )
        );

    [Fact]
    public Task Nobody_can_send_in_a_transaction() =>
        IsRefusedAsync(async scene =>
        {
            await scene.Socket.SendAsync("BEGIN", [("transaction", "t")]);
            await scene.Socket.SendAsync("SEND", [("destination", scene.Name("/queue/{other}")), ("transaction", "t")]);
            await scene.Socket.SendAsync("COMMIT", [("transaction", "t")]);
        });

    [Fact]
    public async Task A_queue_that_was_left_can_not_be_taken_up_again()
    {
        await using var listener = await Listener.StartStompAsync(cluster.Api);
        await listener.Socket.SendAsync("UNSUBSCRIBE", [("id", "0"), ("receipt", "left")]);
        await listener.Socket.ExpectAsync("RECEIPT");

        // The broker may let it in for a moment, since a queue's name is all that it asks about.
        await listener.Socket.ListenAsync(listener.Key);

        await listener.Closed.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        await Eventually.HoldsAsync(async () =>
        {
            (await cluster.RowsOfAsync(listener.Session.UserId)).ShouldBe(0);
            (await Management.FindQueueAsync(cluster.NodeOf(listener.Session), listener.Key)).ShouldBeNull();
        });
    }

    private async Task IsRefusedAsync(Func<Scene, Task> attempt)
    {
        await using var scene = await Scene.SetAsync(cluster);

        await attempt(scene);

        await scene.Socket.ExpectRefusalAsync();
        await scene.ExpectUntouchedAsync();
    }

    /// <summary>A socket that has logged in and may try things, and another session that listens on its node.</summary>
    private sealed class Scene : IAsyncDisposable
    {
        private readonly TestCluster cluster;
        private readonly ConnectedSession own;
        private readonly Listener other;

        private Scene(TestCluster cluster, ConnectedSession session, StompSocket socket, Listener listener) =>
            (this.cluster, own, Socket, other) = (cluster, session, socket, listener);

        public StompSocket Socket { get; }

        public static async Task<Scene> SetAsync(TestCluster cluster)
        {
            var listener = await Listener.StartStompAsync(cluster.Api);
            var session = await cluster.Api.ConnectAsync();
            while (session.ListeningAddress != listener.Session.ListeningAddress)
            {
                session = await cluster.Api.ConnectAsync();
            }

            var socket = await StompSocket.OpenAsync(session.ListeningAddress);
            (await socket.TryConnectAsync(session.ListeningKey, session.Passcode)).ShouldBeTrue();
            return new(cluster, session, socket, listener);
        }

        public string Name(string template) =>
            template
                .Replace("{own}", own.ListeningKey, StringComparison.Ordinal)
                .Replace("{other}", other.Key, StringComparison.Ordinal);

        /// <summary>Nothing was created, nothing was delivered, and the other session listens on.</summary>
        public async Task ExpectUntouchedAsync()
        {
            string[] strange = ["invented-", "stomp-subscription-", "amq.gen-"];
            var queues = await Management.QueuesOfAsync(cluster.NodeOf(own));
            queues.ShouldNotContain(queue => strange.Any(queue.StartsWith));

            // Under its own name a session may declare a queue of the wrong kind for a moment.
            await Eventually.HoldsAsync(async () =>
                (await Management.FindQueueAsync(cluster.NodeOf(own), own.ListeningKey)).ShouldBeNull()
            );

            var answer = await cluster.Api.ExchangeAsync(
                other.Session,
                new { toSession = other.Key, content = "the first" }
            );
            answer.Outcomes.ShouldBe([(other.Key, "queued")]);
            (await other.ReceiveAsync()).GetProperty("content").GetString().ShouldBe("the first");
        }

        public async ValueTask DisposeAsync()
        {
            await Socket.DisposeAsync();
            await other.DisposeAsync();
        }
    }
}
