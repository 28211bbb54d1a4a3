using System.Security.Cryptography;
using System.Text;
using SignalBroker.Broker;
using SignalBroker.Nodes;
using SignalBroker.StrangeBehaviors;

namespace SignalBroker.BrokerAccess;

/// <summary>Answers about the user that the webapps themselves log in as, which is not to exist for browsers.</summary>
/// <remarks>
/// A node that knew the user itself would let it in by every door. Here it is let in by AMQP only: RabbitMQ names the
/// virtual host along with the password when a listener logs in, and otherwise when the connection is opened after that.
/// </remarks>
internal sealed class WebappUser(NodeCatalog nodes, StrangeBehaviorLog strange)
{
    /// <summary>Whether a node's own users bear this name; a session's never do.</summary>
    public bool IsNamed(string name) => nodes.IsBrokerUser(name);

    /// <summary>Whether a login is a webapp's; what is refused is recorded.</summary>
    public bool Admits(string node, IFormCollection form, string name, string password)
    {
        nodes.TryGet(node, out var own);
        var listens = form.ContainsKey("vhost");
        if (!listens && own is not null && IsUserOf(own, name, password))
        {
            return true;
        }

        strange.Record(
            new(
                StrangeKind.BruteForce,
                listens ? "a listener's login as an internal user" : "login as an internal user with a wrong password"
            )
            {
                Node = own?.Name,
            }
        );
        return false;
    }

    /// <summary>Whether a connection of this user belongs to a webapp.</summary>
    public bool Is(string node, string? name) => nodes.TryGet(node, out var own) && own.AmqpUser == name;

    /// <summary>Whether the webapps may do this: they publish to all queues, but declare, bind and read only their own.</summary>
    public static bool Allows(string kind, string name, string permission) =>
        (kind, permission) switch
        {
            ("queue", _) => name is Topology.EventsQueue or Topology.SignalsQueue,
            ("exchange", "configure") => name is Topology.SignalsExchange or Topology.MqttExchange,
            ("exchange", "write") => name is Topology.DefaultExchange,
            ("exchange" or "topic", "read") => name
                is Topology.SignalsExchange
                    or Topology.MqttExchange
                    or Topology.EventsExchange,
            _ => false,
        };

    private static bool IsUserOf(Node node, string name, string password)
    {
        var given = HashOf(password);
        return node.AmqpUser == name
            && node.AmqpPasswords.Any(known => CryptographicOperations.FixedTimeEquals(HashOf(known), given));
    }

    private static byte[] HashOf(string password) => SHA256.HashData(Encoding.UTF8.GetBytes(password));
}
