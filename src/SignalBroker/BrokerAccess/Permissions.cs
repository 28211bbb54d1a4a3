using SignalBroker.Broker;
using SignalBroker.Compatibility;
using SignalBroker.Identity;
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
        && (routingKey == name ? MaySend(node, form, name) : IsWebapps(node, form));

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
            return form["username"] is [{ } sender] && MaySend(node, form, sender) && await ListensAsync(node, sender);
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
            : originalClient.MayLogIn(name) && await IsOwnedAsync(key, name, node);
    }

    private bool IsWebapps(string node, IFormCollection form) =>
        webappUser.Is(node, form["username"])
        && IsOwnHost(node, form)
        && form["resource"] is [{ } kind]
        && form["name"] is [{ } name]
        && form["permission"] is [{ } permission]
        && WebappUser.Allows(kind, name, permission);

    private bool MaySend(string node, IFormCollection form, string name) =>
        form["name"] is [Topology.SignalsExchange]
        && form["permission"] is ["write"]
        && ListeningKey.IsWellFormed(name)
        && IsOwnHost(node, form);

    // A node asks the same when a queue is declared that is to pass its dead letters on to the exchange, and of those it
    // checks no routing key. A session's queue is declared without that, once, and before the session sends anything.
    private async Task<bool> ListensAsync(string node, string listeningKey)
    {
        if (!nodes.TryGet(node, out var own))
        {
            return false;
        }

        try
        {
            using var limit = new CancellationTokenSource(Patience);
            var queue = await management.FindQueueAsync(own, Topology.QueueOf(listeningKey), limit.Token);
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
