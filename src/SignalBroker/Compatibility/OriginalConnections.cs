using RabbitMQ.Client;
using SignalBroker.Broker;
using SignalBroker.Nodes;

namespace SignalBroker.Compatibility;

/// <summary>Closes original pages' connections by name: they log in as the user, who may have several.</summary>
internal sealed class OriginalConnections(
    OriginalConnectionStore store,
    ManagementApi management,
    OriginalClient originalClient
)
{
    /// <summary>The events about them, besides those about queues.</summary>
    public IReadOnlyList<string> Events => originalClient.Enabled ? [Topology.ConnectionCreated] : [];

    /// <summary>Reads an event; null if it is not about an original page.</summary>
    public OriginalConnection? Read(string routingKey, IReadOnlyBasicProperties properties) =>
        originalClient.Enabled ? OriginalConnection.Read(routingKey, properties) : null;

    /// <summary>Stores what events said; the two about one connection may come in any order.</summary>
    public Task RememberAsync(Node node, IReadOnlyCollection<OriginalConnection> told) =>
        told.Count > 0 ? store.AddAsync(node.Name, told) : Task.CompletedTask;

    /// <summary>Closes the connection that owns a session's queue, and no other of its user.</summary>
    /// <exception cref="HttpRequestException">The node can't be reached or refuses.</exception>
    public async Task CloseAsync(Node node, string listeningKey, string reason, CancellationToken cancellationToken)
    {
        foreach (var name in await store.FindNamesAsync(node.Name, listeningKey))
        {
            await management.CloseConnectionAsync(node, name, reason, cancellationToken);
        }
    }
}
