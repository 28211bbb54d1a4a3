using System.Text;
using RabbitMQ.Client;
using SignalBroker.Broker;

namespace SignalBroker.BrokerEvents;

/// <summary>A session's queue has come to be, or is no more.</summary>
/// <param name="ListeningKey">The session's key.</param>
/// <param name="Created">Whether it has come to be.</param>
/// <param name="IsAsAgreed">Whether a created queue is exclusive, auto-delete, transient and without arguments.</param>
public readonly record struct QueueEvent(string ListeningKey, bool Created, bool IsAsAgreed)
{
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
            Topology.QueueDeleted => new QueueEvent(key, Created: false, IsAsAgreed: true),
            Topology.QueueCreated => new QueueEvent(
                key,
                Created: true,
                Is(headers, "exclusive", true)
                    && Is(headers, "auto_delete", true)
                    && Is(headers, "durable", false)
                    && headers.TryGetValue("arguments", out var arguments)
                    && AreHarmless(arguments)
            ),
            _ => null,
        };
    }

    private static bool Is(IDictionary<string, object?> headers, string name, bool expected) =>
        headers.TryGetValue(name, out var value) && value is bool flag && flag == expected;

    private static bool AreHarmless(object? arguments) =>
        arguments switch
        {
            null => true,
            IDictionary<string, object?> entries => entries.All(entry =>
                Topology.IsHarmless(entry.Key, Plain(entry.Value))
            ),
            System.Collections.IList entries => entries.Count == 0,
            _ => false,
        };

    private static string Plain(object? value) => value is byte[] text ? Encoding.UTF8.GetString(text) : "";

    private static string? Text(IDictionary<string, object?> headers, string name) =>
        headers.TryGetValue(name, out var value) && value is byte[] text ? Encoding.UTF8.GetString(text) : null;
}
