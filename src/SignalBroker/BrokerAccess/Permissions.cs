using SignalBroker.Broker;
using SignalBroker.Compatibility;
using SignalBroker.Nodes;
using SignalBroker.Sessions;

namespace SignalBroker.BrokerAccess;

/// <summary>Answers what a logged-in session may do: declare and read the queue that bears its own name, nothing else.</summary>
/// <remarks>Login and queue bear the same name, so the usual answers need no look-up.</remarks>
public sealed class Permissions(NodeCatalog nodes, SessionStore store, OriginalClient originalClient)
{
    /// <summary>Whether the session may use the virtual host.</summary>
    public bool AllowsHost(string node, IFormCollection form) =>
        form["username"] is [{ } name]
        && IsOwnHost(node, form)
        && (ListeningKey.IsWellFormed(name) || IsOriginal(name));

    /// <summary>Whether the session may do this with the resource.</summary>
    public async ValueTask<bool> AllowsResourceAsync(string node, IFormCollection form)
    {
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
