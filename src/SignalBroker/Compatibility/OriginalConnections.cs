using RabbitMQ.Client;
using SignalBroker.Broker;
using SignalBroker.Nodes;

namespace SignalBroker.Compatibility;

/// <summary>Closes the connections of original pages one by one: they bear the user's name, and the user may have others.</summary>
internal sealed class OriginalConnections(
    OriginalConnectionStore store,
    ManagementApi management,
    OriginalClient originalClient
)
{
    /// <summary>The events that tell of them, besides those about queues.</summary>
    public IReadOnlyList<string> Events => originalClient.Enabled ? [Topology.ConnectionCreated] : [];

    /// <summary>Reads an event; null when it tells nothing of an original page.</summary>
    public OriginalConnection? Read(string routingKey, IReadOnlyBasicProperties properties) =>
        originalClient.Enabled ? OriginalConnection.Read(routingKey, properties) : null;

    /// <summary>Notes what events have told; the two about one connection may come in any order.</summary>
    public Task RememberAsync(Node node, IReadOnlyCollection<OriginalConnection> told) =>
        told.Count > 0 ? store.AddAsync(node.Name, told) : Task.CompletedTask;

    /// <summary>Closes the connection that owns a session's queue, and no other one of its user.</summary>
    /// <exception cref="HttpRequestException">The node can't be reached or refuses.</exception>
    public async Task CloseAsync(Node node, string listeningKey, string reason, CancellationToken cancellationToken)
    {
        foreach (var name in await store.FindNamesAsync(node.Name, listeningKey))
        {
            await management.CloseConnectionAsync(node, name, reason, cancellationToken);
        }
    }
}
