using SignalBroker.Broker;
using SignalBroker.Compatibility;
using SignalBroker.Nodes;
using SignalBroker.Sessions;
using SignalBroker.StrangeBehaviors;

namespace SignalBroker.BrokerAccess;

/// <summary>Answers what a logged-in session may do: declare and read the queue that bears its own name, and send under that name.</summary>
/// <remarks>
/// Login and queue bear the same name, so that the usual answers need no look-up. A node asks whether a session may write
/// to the exchange once for each channel, which is once for each session that sends through its socket.
/// </remarks>
internal sealed class Permissions(
    NodeCatalog nodes,
    SessionStore store,
    SessionDirectory directory,
    SessionRevoker revoker,
    ManagementApi management,
    WebappUser webappUser,
    OriginalClient originalClient
)
{
    // A node waits for an answer for 5 s.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Whether the session may use the virtual host.</summary>
    public bool AllowsHost(string node, IFormCollection form) =>
        form["username"] is [{ } name]
        && IsOwnHost(node, form)
        && (ListeningKey.IsWellFormed(name) || webappUser.Is(node, name) || originalClient.MayLogIn(name));

    /// <summary>Whether the session may send with this routing key, which is to prove who it is.</summary>
    public bool AllowsTopic(string node, IFormCollection form) =>
        form["resource"] is ["topic"]
        && form["routing_key"] is [{ } routingKey]
        && form["username"] is [{ } name]
        && (IsWebapps(node, form) || routingKey == RoutingKeyFor(node, form, name));

    /// <summary>Whether the session may do this with the resource.</summary>
    public async ValueTask<bool> AllowsResourceAsync(string node, IFormCollection form)
    {
        if (webappUser.Is(node, form["username"]))
        {
            return IsWebapps(node, form);
        }

        if (form["resource"] is ["exchange"])
        {
            // With which routing key is the next question.
            return form["username"] is [{ } sender]
                && RoutingKeyFor(node, form, sender) is not null
                && (form["permission"] == "read" || await ListensAsync(node, sender, ProtocolOf(form)));
        }

        if (
            form["resource"] is not ["queue"]
            || form["permission"] is not [{ } permission]
            || form["username"] is not [{ } name]
            || form["name"] is not [{ } queue]
            || Topology.KeyOf(queue) is not { } key
            || !ListeningKey.IsWellFormed(key)
            || !IsOwnHost(node, form)
        )
        {
            return false;
        }

        // RabbitMQ's MQTT plug-in asks for all three; by STOMP nobody publishes to a queue.
        var isMqtts = Topology.IsMqttQueue(queue);
        return IsByMqtt(form) == isMqtts
            && (permission is "configure" or "read" || isMqtts && permission is "write")
            && (
                ListeningKey.IsWellFormed(name)
                    ? key == name
                    : !isMqtts && originalClient.MayLogIn(name) && await IsOwnedAsync(key, name, node)
            );
    }

    private bool IsWebapps(string node, IFormCollection form) =>
        webappUser.Is(node, form["username"])
        && IsOwnHost(node, form)
        && form["resource"] is [{ } kind]
        && form["name"] is [{ } name]
        && form["permission"] is [{ } permission]
        && WebappUser.Allows(kind, name, permission);

    // The exchange tells by what the session sends.
    private static ListeningProtocol ProtocolOf(IFormCollection form) =>
        form["name"] == Topology.MqttExchange ? ListeningProtocol.Mqtt : ListeningProtocol.Stomp;

    // The only routing key with which the session may do this with the exchange; null if it may not at all.
    private string? RoutingKeyFor(string node, IFormCollection form, string name) =>
        !ListeningKey.IsWellFormed(name) || !IsOwnHost(node, form)
            ? null
            : ((string?)form["name"], (string?)form["permission"]) switch
            {
                (Topology.SignalsExchange, "write") when !IsByMqtt(form) => name,
                (Topology.MqttExchange, "read") when IsByMqtt(form) => name,
                (Topology.MqttExchange, "write") when IsByMqtt(form) && ProvesMqttSenders(node) =>
                    Topology.MqttSendTopic,
                _ => null,
            };

    // A node names the client id with every question that concerns an MQTT client.
    private static bool IsByMqtt(IFormCollection form) =>
        form.ContainsKey("client_id") || form.ContainsKey("variable_map.client_id");

    private bool ProvesMqttSenders(string node) => nodes.TryGet(node, out var own) && own.ProvesMqttSenders;

    // A node asks the same when a queue is declared that is to pass its dead letters on to the exchange, and of those it
    // checks no routing key. A session's queue is declared without that, once, and before the session sends anything.
    private async Task<bool> ListensAsync(string node, string listeningKey, ListeningProtocol protocol)
    {
        if (!nodes.TryGet(node, out var own))
        {
            return false;
        }

        try
        {
            using var limit = new CancellationTokenSource(Patience);
            var queue = await management.FindQueueAsync(own, Topology.QueueOf(listeningKey, protocol), limit.Token);
            if (queue is { IsAsAgreed: true })
            {
                return true;
            }
        }
        catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException)
        {
            // An ack tells the same, as long as the queue is still the one that was acked.
            return await FindAsync() is { Ack: true };
        }

        if (await FindAsync() is { } session)
        {
            await revoker.RevokeAsync(
                session,
                StrangeKind.ForgedSender,
                "it sent without listening, or declared a queue that passes its messages on to the exchange"
            );
        }

        return false;

        async Task<Session?> FindAsync() =>
            await directory.FindAsync(listeningKey) is { } found && found.Node == node ? found : null;
    }

    private bool IsOwnHost(string node, IFormCollection form) =>
        nodes.TryGet(node, out var known) && form["vhost"] is [{ } host] && host == known.VirtualHost;

    private async Task<bool> IsOwnedAsync(string key, string userId, string node)
    {
        var found = await store.FindByKeyAsync([key]);
        return found.TryGetValue(key, out var session)
            && session.OriginalClient
            && session.UserId == userId
            && session.Node == node;
    }
}
