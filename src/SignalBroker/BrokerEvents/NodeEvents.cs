using System.Threading.Channels;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using SignalBroker.Broker;
using SignalBroker.Compatibility;
using SignalBroker.Nodes;

namespace SignalBroker.BrokerEvents;

/// <summary>Consumes one node's events, on a connection that is opened again whenever it breaks.</summary>
/// <remarks>
/// Events are hints: a crashed node emits none, and a durable queue can lose the last ones. So the node is
/// reconciled each time that its events begin to be consumed.
/// </remarks>
internal sealed partial class NodeEvents(
    Node node,
    QueueEventHandler handler,
    Reconciler reconciler,
    OriginalConnections originals,
    BrokerEventsMetrics metrics,
    TimeProvider clock,
    ILogger<NodeEvents> logger
)
{
    private const int LargestBatch = 500;

    // Events of about the same moment share a statement. Nobody waits for it: signals are routed to whoever has been
    // admitted, acked or not.
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(20);

    private readonly string[] kinds = [Topology.QueueCreated, Topology.QueueDeleted, .. originals.Events];

    public Task RunAsync(CancellationToken cancellationToken) =>
        BrokerConnection.KeepAsync(node, "events", ConsumeAsync, logger, cancellationToken);

    private async Task ConsumeAsync(IConnection connection, CancellationToken cancellationToken)
    {
        node.Version = BrokerConnection.VersionOf(connection);
        if (node is { MqttAddress: not null, OffersMqtt: false })
        {
            LogTooOldForMqtt(node.Name, node.Version);
        }

        await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
        await Topology.DeclareEventsAsync(channel, kinds, cancellationToken);
        // A SEND to an exchange that is not there yet would close its sender, so it is there before the sessions.
        await Topology.DeclareSignalsAsync(channel, cancellationToken);
        await channel.BasicQosAsync(0, 2 * LargestBatch, global: false, cancellationToken);

        var arrived = Channel.CreateUnbounded<Delivery>();
        connection.ConnectionShutdownAsync += (_, reason) => Complete(reason.ReplyText);
        channel.ChannelShutdownAsync += (_, reason) => Complete(reason.ReplyText);
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.UnregisteredAsync += (_, _) => Complete("the consumer was cancelled");
        consumer.ReceivedAsync += (_, delivery) =>
        {
            arrived.Writer.TryWrite(
                new(
                    delivery.DeliveryTag,
                    QueueEvent.Read(delivery.RoutingKey, delivery.BasicProperties),
                    originals.Read(delivery.RoutingKey, delivery.BasicProperties),
                    QueueEvent.SentAt(delivery.BasicProperties)
                )
            );
            return Task.CompletedTask;
        };
        await channel.BasicConsumeAsync(Topology.EventsQueue, autoAck: false, consumer, cancellationToken);
        node.EventsBound = true;
        LogConsuming(node.Name);

        using var lost = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var reconciling = Reconnecting.UntilDoneAsync(
            async token =>
            {
                await reconciler.ReconcileAsync(node, token);
                node.Reconciled = true;
            },
            failure =>
            {
                metrics.Reconciled(node.Name, isDone: false);
                LogNotReconciled(node.Name, failure.Message);
            },
            lost.Token
        );
        try
        {
            await HandleAsync(channel, arrived.Reader, cancellationToken);
        }
        finally
        {
            node.EventsBound = false;
            await lost.CancelAsync();
            await reconciling.ContinueWith(_ => { }, TaskScheduler.Default);
            node.Reconciled = false;
        }

        Task Complete(string reason)
        {
            arrived.Writer.TryComplete(new IOException(reason));
            return Task.CompletedTask;
        }
    }

    private async Task HandleAsync(
        IChannel channel,
        ChannelReader<Delivery> arrived,
        CancellationToken cancellationToken
    )
    {
        var events = new List<QueueEvent>();
        var told = new List<OriginalConnection>();
        var sent = new List<DateTimeOffset>();
        while (await arrived.WaitToReadAsync(cancellationToken))
        {
            await Task.Delay(Gathering, clock, cancellationToken);
            var last = 0UL;
            while (events.Count < LargestBatch && arrived.TryRead(out var delivery))
            {
                last = delivery.Tag;
                if (delivery.SentAt is { } at)
                {
                    sent.Add(at);
                }

                if (delivery.Event is { } queue)
                {
                    events.Add(queue);
                }

                if (delivery.Original is { } original)
                {
                    told.Add(original);
                }
            }

            if (events.Count + told.Count > 0)
            {
                await Reconnecting.UntilDoneAsync(
                    _ => HandleAsync(events, told),
                    failure => LogNotHandled(events.Count, node.Name, failure.Message),
                    cancellationToken
                );
                events.Clear();
                told.Clear();
            }

            // Settled only now that everything is committed: what a webapp dies over, another one handles.
            await channel.BasicAckAsync(last, multiple: true, cancellationToken);
            sent.ForEach(at => metrics.Handled(node.Name, at));
            sent.Clear();
        }
    }

    private async Task HandleAsync(List<QueueEvent> events, List<OriginalConnection> told)
    {
        await originals.RememberAsync(node, told);
        await handler.HandleAsync(node, events);
    }

    private readonly record struct Delivery(
        ulong Tag,
        QueueEvent? Event,
        OriginalConnection? Original,
        DateTimeOffset? SentAt
    );

    [LoggerMessage(
        LogLevel.Warning,
        "Node {Node} runs RabbitMQ {Version}; its MqttAddress is not offered, because native MQTT needs 3.12 or newer"
    )]
    private partial void LogTooOldForMqtt(string node, Version? version);

    [LoggerMessage(LogLevel.Information, "Consuming the events of node {Node}")]
    private partial void LogConsuming(string node);

    [LoggerMessage(LogLevel.Warning, "Node {Node} can't be reconciled yet: {Reason}")]
    private partial void LogNotReconciled(string node, string reason);

    [LoggerMessage(LogLevel.Warning, "{Count} events of node {Node} will be handled again: {Reason}")]
    private partial void LogNotHandled(int count, string node, string reason);
}
