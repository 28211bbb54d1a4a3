using RabbitMQ.Client;
using SignalBroker.Nodes;

namespace SignalBroker.Broker;

/// <summary>How the webapp opens and leaves AMQP connections.</summary>
public static class BrokerConnection
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FarewellTime = TimeSpan.FromSeconds(1);

    /// <summary>Opens a connection to a node with the webapp's own user.</summary>
    /// <param name="node">The node.</param>
    /// <param name="purpose">What it is for; the node's listing of connections shows it.</param>
    /// <param name="cancellationToken">Stops trying.</param>
    public static Task<IConnection> OpenAsync(Node node, string purpose, CancellationToken cancellationToken)
    {
        var factory = new ConnectionFactory
        {
            Uri = node.AmqpAddress,
            ClientProvidedName = $"SignalBroker {purpose}",
            // Our own loops open lost connections again: the library's recovery knows no back-off, does not cover
            // the first connect, and nobody would reconcile after it.
            AutomaticRecoveryEnabled = false,
            TopologyRecoveryEnabled = false,
            RequestedHeartbeat = TimeSpan.FromSeconds(10),
            RequestedConnectionTimeout = Patience,
            HandshakeContinuationTimeout = Patience,
            ContinuationTimeout = Patience,
        };
        return factory.CreateConnectionAsync(cancellationToken);
    }

    /// <summary>Leaves a connection without waiting for a node that may be dead.</summary>
    public static async Task AbandonAsync(IConnection connection)
    {
        try
        {
            await LeaveAsync(connection).WaitAsync(Patience);
        }
        catch (Exception)
        {
            // A broken connection may refuse to be closed, or take for ever; there is nothing left to do about it.
        }
    }

    private static async Task LeaveAsync(IConnection connection)
    {
        await connection.AbortAsync(FarewellTime);
        await connection.DisposeAsync();
    }
}
