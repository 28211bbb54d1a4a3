using SignalBroker.Broker;
using SignalBroker.Compatibility;
using SignalBroker.Nodes;
using SignalBroker.Sessions;

namespace SignalBroker.BrokerAccess;

/// <summary>Answers what a logged-in session may do: declare and read the queue that bears its own name, and send under that name.</summary>
/// <remarks>Login and queue bear the same name, so the usual answers need no look-up.</remarks>
public sealed class Permissions(NodeCatalog nodes, SessionStore store, OriginalClient originalClient)
{
    /// <summary>Whether the session may use the virtual host.</summary>
    public bool AllowsHost(string node, IFormCollection form) =>
        form["username"] is [{ } name]
        && IsOwnHost(node, form)
        && (ListeningKey.IsWellFormed(name) || IsOriginal(name));

    /// <summary>Whether the session may send with this routing key, which is to prove who it is.</summary>
    public bool AllowsTopic(string node, IFormCollection form) =>
        form["resource"] is ["topic"]
        && form["routing_key"] is [{ } routingKey]
        && form["username"] is [{ } name]
        && routingKey == name
        && MaySend(node, form, name);

    /// <summary>Whether the session may do this with the resource.</summary>
    public async ValueTask<bool> AllowsResourceAsync(string node, IFormCollection form)
    {
        if (form["resource"] is ["exchange"])
        {
            // With which routing key is the next question.
            return form["username"] is [{ } sender] && MaySend(node, form, sender);
        }

        if (
            form["resource"] is not ["queue"]
            || form["permission"] is not ["configure" or "read"]
            || form["username"] is not [{ } name]
            || form["name"] is not [{ } queue]
            || Topology.KeyOf(queue) is not { } key
            || !ListeningKey.IsWellFormed(key)
            || !IsOwnHost(node, form)
        )
        {
            return false;
        }

        return ListeningKey.IsWellFormed(name)
            ? queue == Topology.QueueOf(name)
            : IsOriginal(name) && await IsOwnedAsync(key, name, node);
    }

    private bool MaySend(string node, IFormCollection form, string name) =>
        form["name"] is [Topology.SignalsExchange]
        && form["permission"] is ["write"]
        && ListeningKey.IsWellFormed(name)
        && IsOwnHost(node, form);

    private bool IsOwnHost(string node, IFormCollection form) =>
        nodes.TryGet(node, out var known) && form["vhost"] is [{ } host] && host == known.VirtualHost;

    private bool IsOriginal(string name) => originalClient.Enabled && UserId.IsValid(name) && !nodes.IsBrokerUser(name);

    private async Task<bool> IsOwnedAsync(string key, string userId, string node)
    {
        var found = await store.FindByKeyAsync([key]);
        return found.TryGetValue(key, out var session)
            && session.OriginalClient
            && session.UserId == userId
            && session.Node == node;
    }
}
