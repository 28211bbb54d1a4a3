using SignalBroker.Compatibility;
using SignalBroker.Nodes;
using SignalBroker.Sessions;
using SignalBroker.StrangeBehaviors;

namespace SignalBroker.BrokerAccess;

/// <summary>Answers "may this user log in?": a session's key opens one socket, on its own node, once.</summary>
internal sealed class Admission
{
    private const string ClientId = "client_id";

    private readonly AdmissionStore store;
    private readonly NodeCatalog nodes;
    private readonly StrangeBehaviorLog strange;
    private readonly WebappUser webappUser;
    private readonly OriginalClient originalClient;
    private readonly Batcher<Attempt, object> admissions;

    /// <summary>Starts admitting; logins that come at the same time share a statement.</summary>
    public Admission(
        AdmissionStore store,
        NodeCatalog nodes,
        StrangeBehaviorLog strange,
        WebappUser webappUser,
        OriginalClient originalClient
    )
    {
        (this.store, this.nodes, this.strange) = (store, nodes, strange);
        (this.webappUser, this.originalClient) = (webappUser, originalClient);
        admissions = new(AdmitAsync);
    }

    /// <summary>Whether the login is right and the first of its session.</summary>
    /// <param name="node">The node that asks, by its path.</param>
    /// <param name="form">
    /// RabbitMQ's fields: <c>username</c> and <c>password</c>, for listeners also <c>vhost</c>, and by MQTT <c>client_id</c>.
    /// </param>
    public async ValueTask<bool> AllowsAsync(string node, IFormCollection form)
    {
        if (form["username"] is not [{ } name] || form["password"] is not [{ } password])
        {
            return false;
        }

        if (webappUser.IsNamed(name))
        {
            return webappUser.Admits(node, form, name, password);
        }

        var protocol =
            form.ContainsKey(ClientId) ? ListeningProtocol.Mqtt
            : form.ContainsKey("vhost") ? ListeningProtocol.Stomp
            : ListeningProtocol.Sse;
        // The client id makes the queue's name, and whoever bears another's takes over its socket.
        if ((protocol == ListeningProtocol.Mqtt && form[ClientId] != name) || !Offers(node, protocol))
        {
            return false;
        }

        Login login;
        if (ListeningKey.IsWellFormed(name))
        {
            login = new(name, PasscodeHash.Of(password), node, protocol, OriginalUserId: null);
        }
        else if (protocol != ListeningProtocol.Mqtt && originalClient.IsPasscode(password))
        {
            login = new(password, PasscodeHash.Of(password), node, protocol, name);
        }
        else
        {
            return false;
        }

        if (await admissions.GetAsync(new Attempt(login)) is not null)
        {
            return true;
        }

        await RecordAsync(login);
        return false;
    }

    private bool Offers(string node, ListeningProtocol protocol) =>
        protocol switch
        {
            ListeningProtocol.Mqtt => nodes.TryGet(node, out var known) && known.OffersMqtt,
            ListeningProtocol.Stomp => !nodes.TryGet(node, out var known) || known.OffersStomp,
            _ => true,
        };

    private async Task<IReadOnlyDictionary<Attempt, object>> AdmitAsync(IReadOnlyList<Attempt> attempts)
    {
        var admitted = await store.AdmitAsync([.. attempts.Select(attempt => attempt.Login)]);
        return admitted.ToDictionary(number => attempts[number], object (number) => number);
    }

    private async Task RecordAsync(Login login)
    {
        var session = await store.ExplainAsync(login);
        (StrangeKind Kind, string Detail)? seen = session switch
        {
            null => (StrangeKind.BruteForce, "login with a key that no session bears"),
            { PasscodeMatches: false } => (StrangeKind.BruteForce, "login with a wrong passcode"),
            { Node: var own } when own != login.Node => (StrangeKind.WrongNode, $"the session's own node is {own}"),
            { Admitted: true } => (StrangeKind.SecondAdmission, "the session has had its socket"),
            // Too late, after the session has expired or ended: the sweep records what is strange about it.
            _ => null,
        };
        if (seen is var (kind, detail))
        {
            strange.Record(
                new(kind, detail)
                {
                    Node = login.Node,
                    ListeningKey = login.ListeningKey,
                    UserId = session?.UserId,
                    SessionAddress = session?.Address,
                }
            );
        }
    }

    // Each attempt is a question of its own: two equal logins must not share one admission.
    private sealed class Attempt(Login login)
    {
        public Login Login { get; } = login;
    }
}
