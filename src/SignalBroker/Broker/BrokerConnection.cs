using System.Text;
using RabbitMQ.Client;
using SignalBroker.Nodes;

namespace SignalBroker.Broker;

/// <summary>How the webapp opens, keeps and leaves AMQP connections.</summary>
internal static partial class BrokerConnection
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FarewellTime = TimeSpan.FromSeconds(1);

    /// <summary>Keeps a connection until cancelled: opens it, lets it be used, and opens it again when that has ended.</summary>
    /// <param name="purpose">What it is for; the node's listing of connections shows it.</param>
    /// <param name="use">Uses the connection until it breaks.</param>
    /// <param name="logger">Hears why it could not be opened, and why its use has ended.</param>
    public static async Task KeepAsync(
        Node node,
        string purpose,
        Func<IConnection, CancellationToken, Task> use,
        ILogger logger,
        CancellationToken cancellationToken
    )
    {
        while (true)
        {
            var connection = await Reconnecting.UntilDoneAsync(
                token => OpenAsync(node, purpose, token),
                failure =>
                {
                    node.Failure = failure.Message;
                    LogUnreachable(logger, node.Name, purpose, failure.Message);
                },
                cancellationToken
            );
            try
            {
                await use(connection, cancellationToken);
            }
            catch (Exception failure)
            {
                cancellationToken.ThrowIfCancellationRequested();
                node.Failure = failure.Message;
                LogLost(logger, node.Name, purpose, failure.Message);
            }
            finally
            {
                await AbandonAsync(connection);
            }
        }
    }

    /// <summary>The version of the RabbitMQ at the other end; null if it does not say.</summary>
    public static Version? VersionOf(IConnection connection) =>
        connection.ServerProperties?.TryGetValue("version", out var value) == true
        && value is byte[] text
        && Version.TryParse(Encoding.ASCII.GetString(text).Split('-', '+')[0], out var version)
            ? version
            : null;

    /// <summary>Opens a connection that is logged in as a session.</summary>
    /// <param name="purpose">What it is for; the node's listing of connections shows it.</param>
    /// <exception cref="TimeoutException">The node has not let it in for 5 s.</exception>
    public static async Task<IConnection> OpenAsync(
        Node node,
        string purpose,
        string listeningKey,
        string passcode,
        CancellationToken cancellationToken
    )
    {
        var factory = FactoryFor(node, purpose);
        (factory.UserName, factory.Password) = (listeningKey, passcode);
        var opening = factory.CreateConnectionAsync(cancellationToken);
        try
        {
            // After a time-out of its own the library goes on to wait until a node that is frozen takes its farewell.
            return await opening.WaitAsync(Patience, cancellationToken);
        }
        catch (Exception failure) when (failure is TimeoutException or OperationCanceledException)
        {
            _ = AbandonAsync(opening);
            throw;
        }
    }

    private static async Task AbandonAsync(Task<IConnection> opening)
    {
        try
        {
            await AbandonAsync(await opening);
        }
        catch (Exception)
        {
            // It has not come about after all.
        }
    }

    /// <summary>Opens a connection that is logged in as the webapp.</summary>
    /// <param name="purpose">What it is for; the node's listing of connections shows it.</param>
    public static Task<IConnection> OpenAsync(Node node, string purpose, CancellationToken cancellationToken)
    {
        var factory = FactoryFor(node, purpose);
        factory.SocketFactory = family => new CoalescingTcpClient(family);
        return factory.CreateConnectionAsync(cancellationToken);
    }

    private static ConnectionFactory FactoryFor(Node node, string purpose) =>
        new()
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

    [LoggerMessage(LogLevel.Warning, "Node {Node} can't be reached by the {Purpose} connection: {Reason}")]
    private static partial void LogUnreachable(ILogger logger, string node, string purpose, string reason);

    [LoggerMessage(LogLevel.Warning, "Node {Node} has lost the {Purpose} connection: {Reason}")]
    private static partial void LogLost(ILogger logger, string node, string purpose, string reason);
}
