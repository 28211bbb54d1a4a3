using System.Collections;
using System.Text;
using RabbitMQ.Client;
using SignalBroker.Broker;

namespace SignalBroker.BrokerEvents;

/// <summary>A session's queue was created or deleted.</summary>
/// <param name="Queue">The queue's name.</param>
/// <param name="Created">Whether it has come to be.</param>
/// <param name="IsAsAgreed">Whether a created queue is exclusive, auto-delete and transient.</param>
/// <param name="HasArguments">Whether a created queue has arguments that may be more than RabbitMQ's own.</param>
internal readonly record struct QueueEvent(
    string Queue,
    string ListeningKey,
    bool Created,
    bool IsAsAgreed,
    bool HasArguments
)
{
    // RabbitMQ 4 itself gives every queue this argument, which the event shows as Erlang writes it.
    private static readonly byte[] ClassicType = """{<<"x-queue-type">>,longstr,<<"classic">>}"""u8.ToArray();

    /// <summary>When the node emitted an event, by its own clock; null if it does not say.</summary>
    public static DateTimeOffset? SentAt(IReadOnlyBasicProperties properties) =>
        properties.Headers?.TryGetValue("timestamp_in_ms", out var sent) == true && sent is long milliseconds
            ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds)
            : null;

    /// <summary>Reads an event of the event exchange; null when it is about no session's queue.</summary>
    public static QueueEvent? Read(string routingKey, IReadOnlyBasicProperties properties)
    {
        if (
            properties.Headers is not { } headers
            || Text(headers, "name") is not { } queue
            || Topology.KeyOf(queue) is not { } key
        )
        {
            return null;
        }

        return routingKey switch
        {
            Topology.QueueDeleted => new QueueEvent(queue, key, Created: false, IsAsAgreed: true, HasArguments: false),
            Topology.QueueCreated => new QueueEvent(
                queue,
                key,
                Created: true,
                Topology.IsMqttQueue(queue)
                    ? Text(headers, "type") == Topology.MqttQueueType && Is(headers, "exclusive", true)
                    : Is(headers, "exclusive", true)
                        && Is(headers, "auto_delete", true)
                        && Is(headers, "durable", false),
                headers.TryGetValue("arguments", out var arguments) && arguments is not null && !AreHarmless(arguments)
            ),
            _ => null,
        };
    }

    private static bool AreHarmless(object arguments) =>
        arguments is IList list
        && list.Cast<object?>().All(argument => argument is byte[] text && text.AsSpan().SequenceEqual(ClassicType));

    private static bool Is(IDictionary<string, object?> headers, string name, bool expected) =>
        headers.TryGetValue(name, out var value) && value is bool flag && flag == expected;

    private static string? Text(IDictionary<string, object?> headers, string name) =>
        headers.TryGetValue(name, out var value) && value is byte[] text ? Encoding.UTF8.GetString(text) : null;
}
