using SignalBroker.LocalCluster;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Threats;

/// <summary>Of all users, keys and nodes only what belongs together is let in.</summary>
public sealed class OnlyTheDiagonalTests(TestCluster cluster)
{
    [Fact]
    public async Task A_socket_opens_only_with_a_sessions_own_key_and_passcode_at_its_own_node()
    {
        var sessions = await ConnectThreeAsync();
        foreach (var (login, passcode, node) in Combinations(sessions).Where(combination => !IsOwn(combination)))
        {
            await using var socket = await StompSocket.OpenAsync(node.ListeningAddress);
            (await socket.TryConnectAsync(login.ListeningKey, passcode.Passcode)).ShouldBeFalse(
                $"{login.UserId} with the passcode of {passcode.UserId} at {node.Name}"
            );
        }

        // Nobody's guesses have cost a session its one admission.
        foreach (var session in sessions)
        {
            await using var listener = await Listener.StartStompAsync(session);
        }
    }

    [Fact]
    public async Task A_session_can_subscribe_to_no_queue_but_its_own()
    {
        var sessions = await ConnectThreeAsync();
        foreach (var owner in sessions)
        {
            await using var listening = await Listener.StartStompAsync(owner);
            foreach (var node in cluster.Servers.Nodes)
            {
                await using var other = await LogInAsync(node);
                await other.ListenAsync(owner.ListeningKey);
                await other.ExpectRefusalAsync();
            }

            (await cluster.Api.ExchangeAsync(owner, new { to = owner.UserId, content = 1 })).Outcomes.ShouldBe([
                (owner.ListeningKey, "queued"),
            ]);
            await listening.ReceiveAsync();
        }
    }

    [Fact]
    public async Task RabbitMQ_is_told_allow_for_the_diagonal_and_deny_for_everything_else()
    {
        var sessions = await ConnectThreeAsync();
        var admitted = new List<(ConnectedSession, ConnectedSession, Node)>();
        foreach (var combination in Combinations(sessions).Concat(Combinations(sessions)))
        {
            var (login, passcode, node) = combination;
            if (await IsAllowedAsync(node, "user", ("username", login), ("password", passcode.Passcode)))
            {
                IsOwn(combination).ShouldBeTrue();
                admitted.Add(combination);
            }
        }

        // Asked twice, each was admitted once.
        admitted.ShouldBe(Combinations(sessions).Where(IsOwn), ignoreOrder: true);
    }

    [Fact]
    public async Task RabbitMQ_is_told_to_allow_only_configure_and_read_on_the_queue_of_the_same_name()
    {
        var sessions = await ConnectThreeAsync();
        var node = cluster.Servers.Nodes[0];
        foreach (var login in sessions)
        {
            foreach (var queue in Names(sessions))
            {
                foreach (var resource in new[] { "queue", "exchange", "topic" })
                {
                    (await PermissionsAsync(node, "resource", login, resource, queue)).ShouldBe(
                        resource == "queue" && queue == login.ListeningKey ? ["configure", "read"] : [],
                        $"{login.ListeningKey}: {resource} {queue}"
                    );
                }
            }

            (await IsAllowedAsync(node, "vhost", ("username", login), ("vhost", "/"))).ShouldBeTrue();
            (await IsAllowedAsync(node, "vhost", ("username", login), ("vhost", "other"))).ShouldBeFalse();
        }
    }

    [Fact]
    public async Task RabbitMQ_is_told_to_allow_only_who_listens_to_write_to_the_exchange_of_signals()
    {
        await using var listener = await Listener.StartStompAsync(cluster.Api);
        var idle = await cluster.Api.ConnectAsync();
        foreach (var login in new[] { listener.Session, idle })
        {
            foreach (var node in cluster.Servers.Nodes)
            {
                (await PermissionsAsync(node, "resource", login, "exchange", "signals")).ShouldBe(
                    login == listener.Session && node == cluster.NodeOf(login) ? ["write"] : [],
                    node.Name
                );
            }
        }
    }

    [Fact]
    public async Task RabbitMQ_is_told_to_allow_only_the_own_key_as_routing_key_and_only_to_send_signals()
    {
        var sessions = await ConnectThreeAsync();
        var node = cluster.Servers.Nodes[0];
        foreach (var login in sessions)
        {
            foreach (var exchange in new[] { "signals", "amq.topic", "signalbroker.signals", "" })
            {
                foreach (var routingKey in Names(sessions).Append(login.ListeningKey + ".x").Append("#").Append(""))
                {
                    (
                        await PermissionsAsync(node, "topic", login, "topic", exchange, ("routing_key", routingKey))
                    ).ShouldBe(
                        exchange == "signals" && routingKey == login.ListeningKey ? ["write"] : [],
                        $"{login.ListeningKey}: {exchange} {routingKey}"
                    );
                }
            }
        }
    }

    private static IEnumerable<string> Names(IEnumerable<ConnectedSession> sessions) =>
        [.. sessions.Select(session => session.ListeningKey), "signalbroker.events", "signalbroker.signals", "signals"];

    private static bool IsOwn((ConnectedSession Login, ConnectedSession Passcode, Node Node) combination) =>
        combination.Login == combination.Passcode
        && combination.Login.ListeningAddress == combination.Node.ListeningAddress;

    private IEnumerable<(ConnectedSession Login, ConnectedSession Passcode, Node Node)> Combinations(
        IReadOnlyList<ConnectedSession> sessions
    ) =>
        from login in sessions
        from passcode in sessions
        from node in cluster.Servers.Nodes
        select (login, passcode, node);

    private async Task<IReadOnlyList<ConnectedSession>> ConnectThreeAsync() =>
        [.. await cluster.ConnectOnEachNodeAsync(), await cluster.Api.ConnectAsync()];

    private async Task<StompSocket> LogInAsync(Node node)
    {
        var session = (await cluster.ConnectOnEachNodeAsync()).Single(session => cluster.NodeOf(session) == node);
        var socket = await StompSocket.OpenAsync(session.ListeningAddress);
        (await socket.TryConnectAsync(session.ListeningKey, session.Passcode)).ShouldBeTrue();
        return socket;
    }

    private async Task<IReadOnlyList<string>> PermissionsAsync(
        Node node,
        string question,
        ConnectedSession login,
        string resource,
        string name,
        params (string Name, string Value)[] more
    )
    {
        var allowed = new List<string>();
        foreach (var permission in new[] { "configure", "read", "write" })
        {
            (string, string)[] fields =
            [
                ("vhost", "/"),
                ("resource", resource),
                ("name", name),
                ("permission", permission),
                .. more,
            ];
            if (await IsAllowedAsync(node, question, ("username", login), fields))
            {
                allowed.Add(permission);
            }
        }

        return allowed;
    }

    private async Task<bool> IsAllowedAsync(
        Node node,
        string question,
        (string Name, ConnectedSession Login) login,
        params (string Name, string Value)[] fields
    )
    {
        var form = fields.ToDictionary(field => field.Name, field => field.Value);
        form[login.Name] = login.Login.ListeningKey;
        var answer = await cluster.InternalOf(0).PostFormAsync($"/broker-access/{node.Name}/{question}", form);

        // To the letter: whatever follows "allow" would be the user's tags.
        answer.Body.ShouldBeOneOf("allow", "deny");
        return answer.Body == "allow";
    }
}
