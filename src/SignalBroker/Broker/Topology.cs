using RabbitMQ.Client;
using SignalBroker.Sessions;

namespace SignalBroker.Broker;

/// <summary>What a node's queues and exchanges are called, and how the webapp's own ones are declared.</summary>
internal static class Topology
{
    /// <summary>Where RabbitMQ's event exchange plug-in publishes what happens on its node.</summary>
    public const string EventsExchange = "amq.rabbitmq.event";

    /// <summary>What RabbitMQ calls the exchange without a name, which leads to the queue that the routing key names.</summary>
    public const string DefaultExchange = "amq.default";

    /// <summary>The durable queue in which a node's events wait for whichever webapp handles them.</summary>
    public const string EventsQueue = "signalbroker.events";

    /// <summary>Where sessions send signals through their sockets, each with its listening key as routing key.</summary>
    /// <remarks>
    /// A topic exchange, because of no other kind a node asks for the routing key. It allows a session only its own;
    /// <see cref="SenderProof"/> says what proves the sender.
    /// </remarks>
    public const string SignalsExchange = "signals";

    /// <summary>To what subscriptions by MQTT are bound, and where sessions send signals by MQTT.</summary>
    /// <remarks>
    /// A direct exchange: each subscription is for one topic, and a look-up costs the same however many there are.
    /// <see cref="SenderProof"/> says what proves the sender.
    /// </remarks>
    public const string MqttExchange = "signals.mqtt";

    /// <summary>The one topic to which sessions send by MQTT; as it bears no dot or slash, it is the routing key as well.</summary>
    public const string MqttSendTopic = "signals";

    /// <summary>The durable queue in which signals that came through sockets wait for the webapp whose turn it is.</summary>
    public const string SignalsQueue = "signalbroker.signals";

    /// <summary>The type of the queue by which a session listens by MQTT at QoS 0: it lies in its socket's own process.</summary>
    public const string MqttQueueType = "rabbit_mqtt_qos0_queue";

    /// <summary>The event of a queue that has come to be.</summary>
    public const string QueueCreated = "queue.created";

    /// <summary>The event of a deleted queue.</summary>
    public const string QueueDeleted = "queue.deleted";

    /// <summary>The event of somebody who has logged in.</summary>
    public const string ConnectionCreated = "connection.created";

    /// <summary>A routing key that leads nowhere: a publish to it is confirmed and reaches nobody.</summary>
    public const string ProbeKey = "signalbroker.probe";

    /// <summary>How many queues one publish is copied to.</summary>
    /// <remarks>
    /// Each copy carries the list of all of them inside the broker: with a thousand, a copy costs it six times as much as
    /// with 32, and with one a third more. A header may have 131,064 bytes, which is 4,500 queues.
    /// </remarks>
    public const int CopiesPerPublish = 32;

    private const string BeforeMqttKey = "mqtt-subscription-";
    private const string BehindMqttKey = "qos0";

    // With no webapp for hours events may be dropped: reconciliation makes up for them.
    private const int MaxEventsQueue = 500_000;

    // What exceeds what the webapps relay gets no answer; senders that have waited longer have given up.
    private const int MaxSignalsQueue = 10_000;
    private const int LargestSignalsQueue = 64 * 1024 * 1024;
    private static readonly TimeSpan SignalsWait = TimeSpan.FromSeconds(30);

    /// <summary>The name of the queue that a session listens on.</summary>
    /// <param name="protocol">By what it listens. RabbitMQ's MQTT plug-in makes the name of the client id, which is the key.</param>
    public static string QueueOf(string listeningKey, ListeningProtocol protocol) =>
        protocol == ListeningProtocol.Mqtt ? BeforeMqttKey + listeningKey + BehindMqttKey : listeningKey;

    /// <summary>The routing key of a signal that goes to many queues: no queue bears such a name.</summary>
    public static string KeyOfCopies(string signalId) => "r." + signalId;

    /// <summary>The listening key that a queue belongs to; null for a queue that is no session's.</summary>
    public static string? KeyOf(string queue) =>
        ListeningKey.IsWellFormed(queue) ? queue
        : IsMqttQueue(queue) ? queue[BeforeMqttKey.Length..^BehindMqttKey.Length]
        : null;

    /// <summary>Whether the queue is that of a session that listens by MQTT at QoS 0.</summary>
    public static bool IsMqttQueue(string queue) =>
        queue.Length == BeforeMqttKey.Length + ListeningKey.Length + BehindMqttKey.Length
        && queue.StartsWith(BeforeMqttKey, StringComparison.Ordinal)
        && queue.EndsWith(BehindMqttKey, StringComparison.Ordinal)
        && ListeningKey.IsWellFormed(queue.AsSpan(BeforeMqttKey.Length, ListeningKey.Length));

    /// <summary>Whether a queue may have this argument: RabbitMQ 4 itself gives every queue the type that it has anyway.</summary>
    public static bool IsHarmless(string argument, string value) => (argument, value) is ("x-queue-type", "classic");

    /// <summary>Declares the exchanges and the queue for signals that come through sockets.</summary>
    /// <remarks>
    /// One consumer is active at a time and gets everything in order; when it goes, the next one gets what it has not
    /// settled, in the same order.
    /// </remarks>
    /// <param name="channel">A channel of the webapp's own user.</param>
    public static async Task DeclareSignalsAsync(IChannel channel, CancellationToken cancellationToken)
    {
        await channel.ExchangeDeclareAsync(
            SignalsExchange,
            ExchangeType.Topic,
            durable: true,
            cancellationToken: cancellationToken
        );
        await channel.QueueDeclareAsync(
            SignalsQueue,
            durable: true,
            exclusive: false,
            autoDelete: false,
            new Dictionary<string, object?>
            {
                ["x-single-active-consumer"] = true,
                ["x-max-length"] = MaxSignalsQueue,
                ["x-max-length-bytes"] = LargestSignalsQueue,
                ["x-message-ttl"] = (int)SignalsWait.TotalMilliseconds,
                // Not the oldest: they are others'.
                ["x-overflow"] = "reject-publish",
            },
            cancellationToken: cancellationToken
        );
        await channel.QueueBindAsync(SignalsQueue, SignalsExchange, "#", cancellationToken: cancellationToken);
        await channel.ExchangeDeclareAsync(
            MqttExchange,
            ExchangeType.Direct,
            durable: true,
            cancellationToken: cancellationToken
        );
        await channel.QueueBindAsync(SignalsQueue, MqttExchange, MqttSendTopic, cancellationToken: cancellationToken);
    }

    /// <summary>Declares a session's queue as the session's SUBSCRIBE over STOMP would.</summary>
    /// <param name="channel">A channel that is logged in as the session.</param>
    public static Task DeclareSessionQueueAsync(
        IChannel channel,
        string listeningKey,
        CancellationToken cancellationToken
    ) =>
        channel.QueueDeclareAsync(
            QueueOf(listeningKey, ListeningProtocol.Sse),
            durable: false,
            exclusive: true,
            autoDelete: true,
            cancellationToken: cancellationToken
        );

    /// <summary>Declares the events queue and binds it to the events that are handled.</summary>
    /// <param name="channel">A channel of the webapp's own user.</param>
    public static async Task DeclareEventsAsync(
        IChannel channel,
        IEnumerable<string> kinds,
        CancellationToken cancellationToken
    )
    {
        await channel.QueueDeclareAsync(
            EventsQueue,
            durable: true,
            exclusive: false,
            autoDelete: false,
            new Dictionary<string, object?> { ["x-max-length"] = MaxEventsQueue },
            cancellationToken: cancellationToken
        );
        foreach (var kind in kinds)
        {
            await channel.QueueBindAsync(EventsQueue, EventsExchange, kind, cancellationToken: cancellationToken);
        }
    }
}
