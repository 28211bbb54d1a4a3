using System.Text;
using RabbitMQ.Client;
using SignalBroker.Broker;

namespace SignalBroker.Compatibility;

/// <summary>What one event says about an original page's connection: its name or its queue.</summary>
/// <param name="Pid">The node's own name for the process.</param>
/// <param name="Name">The connection's name in the management API; null if the event is about the queue.</param>
/// <param name="ListeningKey">The key of its queue; null if the event is about the connection.</param>
internal sealed record OriginalConnection(string Pid, string? Name, string? ListeningKey)
{
    /// <summary>Reads an event; null if it is not about an original page.</summary>
    public static OriginalConnection? Read(string routingKey, IReadOnlyBasicProperties properties)
    {
        if (
            Header(properties, "user_who_performed_action") is not { } user
            || Topology.KeyOf(user) is not null
            || Header(properties, "name") is not { } name
        )
        {
            return null;
        }

        return routingKey switch
        {
            Topology.ConnectionCreated when Header(properties, "pid") is { } pid => new(pid, name, null),
            Topology.QueueCreated when Header(properties, "owner_pid") is { } pid => new(
                pid,
                null,
                Topology.KeyOf(name)
            ),
            _ => null,
        };
    }

    private static string? Header(IReadOnlyBasicProperties properties, string name) =>
        properties.Headers is { } headers && headers.TryGetValue(name, out var value) && value is byte[] text
            ? Encoding.UTF8.GetString(text)
            : null;
}
