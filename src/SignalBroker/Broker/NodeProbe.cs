using RabbitMQ.Client.Exceptions;
using SignalBroker.Nodes;

namespace SignalBroker.Broker;

/// <summary>Tries on a node what sessions and webapps need of it.</summary>
internal static class NodeProbe
{
    private const string Purpose = "check";
    private const int NotFound = 404;

    /// <summary>What is wrong with the webapp's own login and the node's events; null if nothing is.</summary>
    public static async Task<string?> TryWebappAsync(Node node, CancellationToken cancellationToken)
    {
        try
        {
            var connection = await BrokerConnection.OpenAsync(node, Purpose, cancellationToken);
            node.Version = BrokerConnection.VersionOf(connection);
            try
            {
                var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
                await channel.ExchangeDeclarePassiveAsync(Topology.EventsExchange, cancellationToken);
                return null;
            }
            finally
            {
                await BrokerConnection.AbandonAsync(connection);
            }
        }
        catch (OperationInterruptedException refused) when (refused.ShutdownReason?.ReplyCode == NotFound)
        {
            return $"there is no exchange {Topology.EventsExchange}: enable the plug-in rabbitmq_event_exchange";
        }
        catch (BrokerUnreachableException unreachable)
        {
            return IsRefusal(unreachable)
                ? $"it refuses {node.AmqpUser}: the password of NodeCredentials is not the webapps', or the node does not ask them (auth_http)"
                : unreachable.InnerException?.Message ?? unreachable.Message;
        }
        catch (Exception failure)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return failure.Message;
        }
    }

    /// <summary>What is wrong with the login of a session; null if nothing is.</summary>
    public static async Task<string?> TrySessionAsync(
        Node node,
        string listeningKey,
        string passcode,
        CancellationToken cancellationToken
    )
    {
        try
        {
            var connection = await BrokerConnection.OpenAsync(node, Purpose, listeningKey, passcode, cancellationToken);
            await BrokerConnection.AbandonAsync(connection);
            return null;
        }
        catch (BrokerUnreachableException refused) when (IsRefusal(refused))
        {
            return $"it refuses a session of its own: its auth_http paths must begin with …/broker-access/{node.Name}/";
        }
        catch (Exception failure)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return failure.Message;
        }
    }

    private static bool IsRefusal(BrokerUnreachableException unreachable) =>
        unreachable.InnerException is AuthenticationFailureException or PossibleAuthenticationFailureException;
}
