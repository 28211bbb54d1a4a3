using SignalBroker.Sessions;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.BrokerAccess;

/// <summary>Who may open a socket: a session with its own key, its own passcode, on its own node, once.</summary>
public sealed class AdmissionTests(TestCluster cluster)
{
    [Fact]
    public async Task Of_all_keys_passcodes_and_nodes_only_those_that_belong_together_are_admitted()
    {
        var sessions = await SessionsOnBothNodesAsync();
        var addresses = cluster.Servers.Nodes.Select(node => node.ListeningAddress).ToList();

        // The wrong ones first: a right login uses its key up.
        var attempts =
            from key in sessions
            from passcode in sessions
            from address in addresses
            let right = key == passcode && key.ListeningAddress == address
            orderby right
            select (key, passcode, address, right);
        foreach (var (key, passcode, address, right) in attempts)
        {
            await using var socket = await StompSocket.OpenAsync(address);
            await socket.ConnectAsync(key.ListeningKey, passcode.Passcode);
            await socket.ExpectAsync(right ? "CONNECTED" : "ERROR");
        }
    }

    [Fact]
    public async Task Of_all_logins_and_queues_a_session_may_only_use_its_own()
    {
        var sessions = await SessionsOnBothNodesAsync();
        foreach (var node in cluster.Servers.Nodes)
        foreach (var login in sessions)
        foreach (var queue in sessions)
        foreach (var permission in new[] { "configure", "read", "write" })
        {
            var answer = await AskAsync(
                node.Name,
                "resource",
                ("username", login.ListeningKey),
                ("vhost", "/"),
                ("resource", "queue"),
                ("name", queue.ListeningKey),
                ("permission", permission)
            );

            answer.ShouldBe(login == queue && permission != "write" ? "allow" : "deny");
        }
    }

    [Theory]
    [InlineData("resource", "exchange", "amq.default", "write")]
    [InlineData("resource", "exchange", "amq.topic", "read")]
    [InlineData("resource", "exchange", "", "write")]
    [InlineData("resource", "queue", "signalbroker.events", "read")]
    [InlineData("resource", "queue", "", "configure")]
    [InlineData("topic", "topic", "amq.topic", "write")]
    public async Task Nothing_else_is_allowed(string question, string resource, string name, string permission)
    {
        var session = await cluster.Api.ConnectAsync();

        var answer = await AskAsync(
            "sb1",
            question,
            ("username", session.ListeningKey),
            ("vhost", "/"),
            ("resource", resource),
            ("name", name),
            ("permission", permission),
            ("routing_key", session.ListeningKey)
        );

        answer.ShouldBe("deny");
    }

    [Fact]
    public async Task Another_virtual_host_is_denied()
    {
        var session = await cluster.Api.ConnectAsync();

        (await AskAsync("sb1", "vhost", ("username", session.ListeningKey), ("vhost", "/"))).ShouldBe("allow");
        (await AskAsync("sb1", "vhost", ("username", session.ListeningKey), ("vhost", "other"))).ShouldBe("deny");
        (await AskAsync("sb1", "vhost", ("username", "guest"), ("vhost", "/"))).ShouldBe("deny");
    }

    [Fact]
    public async Task A_second_socket_with_the_same_key_is_refused_and_the_first_is_unharmed()
    {
        var session = await cluster.Api.ConnectAsync();
        await using var first = await StompSocket.OpenAsync(session.ListeningAddress);
        await first.ConnectAsync(session.ListeningKey, session.Passcode);
        await first.ExpectAsync("CONNECTED");
        await RefusedAsync(session);

        await first.ListenAsync(session.ListeningKey);
        await first.ExpectAsync("RECEIPT");
        await RefusedAsync(session);

        await Eventually.HoldsAsync(async () => (await cluster.IsAckedAsync(session.ListeningKey)).ShouldBe(true));
        await RefusedAsync(session);

        var answer = await cluster.Api.ExchangeAsync(session, new { toSession = session.ListeningKey, content = 1 });
        answer.Outcomes.ShouldBe([(session.ListeningKey, "queued")]);
        await first.ExpectAsync("MESSAGE");
    }

    [Fact]
    public async Task A_key_opens_no_socket_after_its_first_one_is_gone()
    {
        ConnectedSession session;
        await using (var listener = await Listener.StartAsync(cluster.Api))
        {
            session = listener.Session;
        }

        await RefusedAsync(session);
        await Eventually.HoldsAsync(async () => (await cluster.RowsOfAsync(session.UserId)).ShouldBe(0));
        await RefusedAsync(session);
    }

    [Fact]
    public async Task Of_thirty_sockets_that_race_with_one_key_one_is_admitted()
    {
        var session = await cluster.Api.ConnectAsync();

        var commands = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => TryAsync()));

        commands.Count(command => command == "CONNECTED").ShouldBe(1);
        commands.Count(command => command == "ERROR").ShouldBe(29);

        async Task<string?> TryAsync()
        {
            await using var socket = await StompSocket.OpenAsync(session.ListeningAddress);
            await socket.ConnectAsync(session.ListeningKey, session.Passcode);
            return (await socket.ReadAsync())?.Command;
        }
    }

    [Fact]
    public async Task There_is_no_guest_and_no_way_in_without_a_login()
    {
        var node = cluster.Servers.Nodes[0];
        (string, string)[][] logins =
        [
            [],
            [("login", "guest"), ("passcode", "guest")],
            [("login", ""), ("passcode", "")],
            [("login", ListeningKey.Create()), ("passcode", Passcode.Create())],
            [("login", UserOf(node.AmqpAddress)), ("passcode", "")],
            [("login", UserOf(node.ManagementAddress)), ("passcode", "guest")],
        ];
        foreach (var login in logins)
        {
            await using var socket = await StompSocket.OpenAsync(node.ListeningAddress);
            await socket.SendAsync("CONNECT", [("accept-version", "1.2"), ("host", "/"), .. login]);
            await socket.ExpectAsync("ERROR");
        }

        (await node.RunCtlAsync("list_users", "--silent")).ShouldNotContain("guest");
    }

    private static string UserOf(string address) => new Uri(address).UserInfo.Split(':')[0];

    private static async Task RefusedAsync(ConnectedSession session)
    {
        await using var second = await StompSocket.OpenAsync(session.ListeningAddress);
        await second.ConnectAsync(session.ListeningKey, session.Passcode);
        await second.ExpectAsync("ERROR");
    }

    private async Task<List<ConnectedSession>> SessionsOnBothNodesAsync()
    {
        var sessions = new List<ConnectedSession>();
        foreach (var node in cluster.Servers.Nodes)
        {
            while (sessions.Count(session => session.ListeningAddress == node.ListeningAddress) < 2)
            {
                sessions.Add(await cluster.Api.ConnectAsync());
            }
        }

        // Two of each are enough, and each more makes it slower.
        return [.. sessions.GroupBy(session => session.ListeningAddress).SelectMany(group => group.Take(2))];
    }

    private async Task<string> AskAsync(string node, string question, params (string Name, string Value)[] fields) =>
        (
            await cluster
                .InternalOf(0)
                .PostFormAsync(
                    $"/broker-access/{node}/{question}",
                    fields.ToDictionary(field => field.Name, field => field.Value)
                )
        ).Body;
}
