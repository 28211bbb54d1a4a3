using RabbitMQ.Client;
using SignalBroker.LocalCluster;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Failures;

/// <summary>Events that come twice, late, in any order or in no form that makes sense.</summary>
public sealed class QueueEventTests(FailureCluster cluster) : FailureTests(cluster)
{
    private const string Created = "queue.created";
    private const string Deleted = "queue.deleted";
    private const string EventsQueue = "signalbroker.events";

    [Fact]
    public async Task Repeated_late_and_permuted_events_change_no_session()
    {
        await using var listening = await Cluster.ListenOnAsync(Cluster.Victim);
        await using var elsewhere = await Cluster.ListenOnAsync(Cluster.Bystander);
        await using var sender = await Cluster.ListenOnAsync(Cluster.Bystander);
        var gone = await Cluster.ListenOnAsync(Cluster.Victim);
        await gone.DisposeAsync();
        await Eventually.HoldsAsync(async () => (await Cluster.RowOfAsync(gone.Key)).ShouldBeNull());
        await IsAckedAsync(listening.Key);
        await IsAckedAsync(elsewhere.Key);
        var before = await RowsAsync();
        const string NeverSeen = "s.AAAAAAAAAAAAAAAAAAAAAA";
        (string Kind, string Key)[] events =
        [
            (Created, listening.Key),
            (Created, listening.Key),
            (Created, gone.Key),
            (Created, gone.Key),
            (Deleted, gone.Key),
            (Deleted, gone.Key),
            (Deleted, NeverSeen),
            (Created, NeverSeen),
            // What another node says of a session is none of its business.
            (Created, elsewhere.Key),
            (Deleted, elsewhere.Key),
        ];

        await using (var forger = await EventForger.OpenAsync(Cluster.Victim))
        {
            // Each batch is handled by either webapp, at the same time as others.
            for (var seed = 0; seed < 40; seed++)
            {
                new Random(seed).Shuffle(events);
                foreach (var (kind, key) in events)
                {
                    await forger.PublishAsync(kind, EventForger.Describe(key));
                }
            }
        }

        await AllAreHandledAsync();
        (await RowsAsync()).ShouldBe(before);
        (await Cluster.RowOfAsync(gone.Key)).ShouldBeNull();
        (await Cluster.RowOfAsync(NeverSeen)).ShouldBeNull();
        await Cluster.NextSignalArrivesAsync(0, sender, listening);
        await Cluster.NextSignalArrivesAsync(1, sender, listening);
        await Cluster.NextSignalArrivesAsync(0, sender, elsewhere);
        await Cluster.SessionsAgreeWithQueuesAsync(ReconciledWithin);

        async Task<IReadOnlyList<string?>> RowsAsync() =>
            [await Cluster.RowOfAsync(listening.Key), await Cluster.RowOfAsync(elsewhere.Key)];
    }

    [Fact]
    public async Task An_event_that_can_not_be_read_is_passed_over()
    {
        await using var sender = await Cluster.ListenOnAsync(Cluster.Bystander);
        await using var listening = await Cluster.ListenOnAsync(Cluster.Victim);
        await IsAckedAsync(listening.Key);
        var before = await Cluster.RowOfAsync(listening.Key);

        await using (var forger = await EventForger.OpenAsync(Cluster.Victim))
        {
            foreach (var kind in (string[])[Created, Deleted])
            {
                await forger.PublishAsync(kind, headers: null);
                await forger.PublishAsync(kind, []);
                await forger.PublishAsync(kind, new() { ["name"] = 7 });
                await forger.PublishAsync(kind, new() { ["name"] = "s." });
                await forger.PublishAsync(kind, new() { ["name"] = "s.\0" });
                await forger.PublishAsync(kind, new() { ["name"] = "s." + new string('x', 250) });
                await forger.PublishAsync(kind, new() { ["name"] = new byte[] { (byte)'s', (byte)'.', 0xff } });
                await forger.PublishAsync(
                    kind,
                    new()
                    {
                        ["name"] = new List<object?> { "s.", null },
                    }
                );
            }
        }

        await AllAreHandledAsync();
        (await Cluster.RowOfAsync(listening.Key)).ShouldBe(before);
        await using var next = await Cluster.ListenOnAsync(Cluster.Victim);
        await IsAckedAsync(next.Key);
        await Cluster.NextSignalArrivesAsync(0, sender, next);
    }

    private Task IsAckedAsync(string listeningKey) =>
        Eventually.HoldsAsync(async () =>
            (await Cluster.RowOfAsync(listeningKey)).ShouldNotBeNull().ShouldNotContain("\"acked_at\": null")
        );

    // Ready and unsettled ones count: an event is settled only after the commit.
    private Task AllAreHandledAsync() =>
        Eventually.HoldsAsync(async () =>
        {
            // The management API counts once a minute; rabbitmqctl asks the queue.
            var counts = await Cluster.Victim.RunCtlAsync("list_queues", "--no-table-headers", "name", "messages");
            counts.Split('\n').ShouldContain($"{EventsQueue}\t0");
        });

    /// <summary>Puts made-up events where the real ones come from, as a user of the node itself, who may do everything.</summary>
    private sealed class EventForger(Node node, IConnection connection, IChannel channel) : IAsyncDisposable
    {
        private const string User = "forger";
        private const string Password = "only-in-this-test";
        private const string Exchange = "signalbroker.forged-events";

        public static async Task<EventForger> OpenAsync(Node node)
        {
            await node.RunCtlAsync("add_user", User, Password);
            await node.RunCtlAsync("set_permissions", User, ".*", ".*", ".*");
            var connection = await Management.OpenAmqpAsync(node, User, Password);
            var channel = await connection.CreateChannelAsync(
                new CreateChannelOptions(
                    publisherConfirmationsEnabled: true,
                    publisherConfirmationTrackingEnabled: true
                ),
                Token
            );
            await channel.ExchangeDeclareAsync(
                Exchange,
                ExchangeType.Topic,
                durable: false,
                autoDelete: true,
                cancellationToken: Token
            );
            await channel.QueueBindAsync(EventsQueue, Exchange, "queue.*", cancellationToken: Token);
            return new(node, connection, channel);
        }

        /// <summary>The headers of an event about a queue as a listener declares it.</summary>
        public static Dictionary<string, object?> Describe(string queue) =>
            new()
            {
                ["name"] = queue,
                ["vhost"] = "/",
                ["durable"] = false,
                ["auto_delete"] = true,
                ["exclusive"] = true,
                ["arguments"] = new List<object?>(),
                ["user_who_performed_action"] = queue,
            };

        public ValueTask PublishAsync(string kind, Dictionary<string, object?>? headers) =>
            channel.BasicPublishAsync(
                Exchange,
                kind,
                mandatory: true,
                new BasicProperties { Headers = headers },
                body: default,
                Token
            );

        public async ValueTask DisposeAsync()
        {
            await channel.QueueUnbindAsync(EventsQueue, Exchange, "queue.*", cancellationToken: Token);
            await channel.DisposeAsync();
            await connection.DisposeAsync();
            await node.RunCtlAsync("delete_user", User);
        }
    }
}
