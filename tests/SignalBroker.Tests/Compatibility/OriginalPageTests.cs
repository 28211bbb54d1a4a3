using System.Net;
using System.Net.Http.Headers;
using System.Text;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Compatibility;

/// <summary>The original project's page works unchanged where it is asked for, and is not served where it is not.</summary>
[Collection<OriginalCollection>]
public sealed class OriginalPageTests(OriginalCluster original)
{
    [Fact]
    public async Task Two_original_pages_exchange_messages()
    {
        await using var alice = await ListenAsync("alice");
        await using var bob = await ListenAsync("bob");

        var answer = await ExchangeAsync("alice", "bob", "hello bob");

        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        answer.Outcomes.ShouldBe([(null, "queued")]);
        var envelope = await bob.ReceiveAsync();
        envelope.GetProperty("from").GetString().ShouldBe("alice");
        envelope.GetProperty("content").GetString().ShouldBe("hello bob");
        envelope.TryGetProperty("fromSession", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task Errors_have_a_message_as_the_page_expects()
    {
        var answer = await ExchangeAsync("alice", "nobody", "hello");

        answer.Status.ShouldBe(HttpStatusCode.NotFound);
        answer.Code.ShouldBe("user-not-listening");
        answer.Json.GetProperty("message").GetString().ShouldBe("nobody is not listening.");
    }

    [Fact]
    public async Task Disconnecting_closes_that_connection_and_no_other_of_the_user()
    {
        await using var phone = await ListenAsync("carol");
        await using var laptop = await ListenAsync("carol");

        var answer = await original.Api.PostFormAsync("/disconnect", new() { ["queueName"] = phone.Key });

        answer.Status.ShouldBe(HttpStatusCode.NoContent);
        await phone.Closed.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        (await ExchangeAsync("alice", "carol", "still there?")).Outcomes.ShouldBe([(null, "queued")]);
        await laptop.ReceiveAsync();
    }

    [Fact]
    public async Task A_logged_in_user_can_not_read_another_users_queue()
    {
        await using var alice = await ListenAsync("alice-2");
        var mallory = await ConnectAsync("mallory");
        await using var socket = await StompSocket.OpenAsync(mallory.ListeningAddress);
        await socket.ConnectAsync("mallory", mallory.ListeningKey);
        await socket.ExpectAsync("CONNECTED");

        await socket.ListenAsync(alice.Key);

        (await socket.ReadAsync() is null or { Command: "ERROR" }).ShouldBeTrue();
        (await ExchangeAsync("x", "alice-2", "1")).Outcomes.ShouldBe([(null, "queued")]);
    }

    [Fact]
    public async Task The_name_of_a_brokers_own_user_is_refused()
    {
        foreach (var node in original.Servers.Nodes)
        foreach (var address in new[] { node.AmqpAddress, node.ManagementAddress })
        {
            var answer = await original.Api.PostFormAsync(
                "/connect",
                new() { ["userId"] = new Uri(address).UserInfo.Split(':')[0] }
            );

            answer.Status.ShouldBe(HttpStatusCode.BadRequest);
            answer.Code.ShouldBe("invalid-user-id");
        }
    }

    [Fact]
    public async Task A_name_that_a_page_can_not_log_in_with_is_refused() =>
        (await original.Api.PostFormAsync("/connect", new() { ["userId"] = "auth0|1" })).Code.ShouldBe(
            "invalid-user-id"
        );

    [Fact]
    public async Task A_modern_client_works_beside_it_and_its_key_alone_opens_nothing()
    {
        var session = await original.Api.ConnectAsync("modern");
        await using (var thief = await StompSocket.OpenAsync(session.ListeningAddress))
        {
            await thief.ConnectAsync("modern", session.ListeningKey);
            await thief.ExpectAsync("ERROR");
        }

        await using var modern = await Listener.StartAsync(session);

        (await original.Api.ExchangeAsync(session, new { to = "modern", content = 1 })).Outcomes.ShouldBe([
            (null, "queued"),
        ]);
    }

    [Fact]
    public async Task A_user_who_is_connected_is_turned_away_as_the_original_project_did()
    {
        var rejecting = new Api(original.Rejecting.PublicAddress);
        var form = new Dictionary<string, string> { ["userId"] = "dave" };
        var first = (await rejecting.PostFormAsync("/connect", form)).Session;

        var second = await rejecting.PostFormAsync("/connect", form);

        second.Status.ShouldBe(HttpStatusCode.Conflict);
        second.Code.ShouldBe("user-already-connected");
        second.Json.GetProperty("message").GetString().ShouldBe("dave is already connected.");
        await rejecting.PostFormAsync("/disconnect", new() { ["queueName"] = first.ListeningKey });
        (await rejecting.PostFormAsync("/connect", form)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task The_pages_own_heartbeat_and_headers_are_accepted()
    {
        var session = await ConnectAsync("erin");
        await using var socket = await StompSocket.OpenAsync(session.ListeningAddress);

        await socket.SendAsync(
            "CONNECT",
            [
                ("login", "erin"),
                ("passcode", session.ListeningKey),
                ("accept-version", "1.1,1.0"),
                ("heart-beat", "20000,0"),
            ]
        );
        await socket.ExpectAsync("CONNECTED");
        await socket.SendAsync(
            "SUBSCRIBE",
            [
                ("auto-delete", "true"),
                ("durable", "false"),
                ("exclusive", "true"),
                ("id", "sub-0"),
                ("destination", $"/queue/{session.ListeningKey}"),
            ]
        );
        await Eventually.HoldsAsync(async () =>
            (await ExchangeAsync("alice", "erin", "hello")).Status.ShouldBe(HttpStatusCode.OK)
        );

        (await socket.ExpectAsync("MESSAGE")).Body.ShouldContain("\"content\":\"hello\"");
        await original.Api.PostFormAsync("/disconnect", new() { ["queueName"] = session.ListeningKey });
        await socket.Closed.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_key_opens_one_socket_and_only_for_its_own_user()
    {
        var session = await ConnectAsync("frank");
        await using (var thief = await StompSocket.OpenAsync(session.ListeningAddress))
        {
            (await thief.TryConnectAsync("grace", session.ListeningKey)).ShouldBeFalse();
            (await thief.TryConnectAsync(session.ListeningKey, session.ListeningKey)).ShouldBeFalse();
            (await thief.TryConnectAsync("frank", "")).ShouldBeFalse();
        }

        await using var first = await Listener.StartStompAsync(session, "frank", session.ListeningKey);
        await using var second = await StompSocket.OpenAsync(session.ListeningAddress);

        (await second.TryConnectAsync("frank", session.ListeningKey)).ShouldBeFalse();
        (await ExchangeAsync("alice", "frank", "1")).Outcomes.ShouldBe([(null, "queued")]);
        await first.ReceiveAsync();
    }

    [Fact]
    public async Task A_webapp_that_serves_it_warns_at_its_start() =>
        (
            await File.ReadAllTextAsync(original.Servers.Webapps[0].LogFile, TestContext.Current.CancellationToken)
        ).ShouldContain("Compatibility:OriginalClient is on");

    [Fact]
    public async Task Whoever_only_says_who_it_is_stores_nothing_in_that_name()
    {
        var form = Form("alice-" + Guid.NewGuid(), "bob-" + Guid.NewGuid(), "hello");
        form["store"] = "always";
        form["receipt"] = "delivered";

        (await original.Api.PostFormAsync("/exchange", form)).Status.ShouldBe(HttpStatusCode.Unauthorized);
    }

    private static Dictionary<string, string> Form(string from, string to, string content) =>
        new()
        {
            ["fromUserId"] = from,
            ["toUserId"] = to,
            ["content"] = content,
        };

    private Task<Answer> ExchangeAsync(string from, string to, string content) =>
        original.Api.PostFormAsync("/exchange", Form(from, to, content));

    /// <summary>A TURN server is told the key as a user name, which is an original page's only secret.</summary>
    [Fact]
    public async Task What_lets_a_page_send_gets_it_no_TURN_credentials()
    {
        await using var page = await ListenAsync("erin");
        var proof = new AuthenticationHeaderValue(
            "Basic",
            Convert.ToBase64String(Encoding.ASCII.GetBytes($"{page.Key}:{page.Key}"))
        );
        var sent = await original.Api.PostAsync("/exchange", new { to = "erin", content = "hello" }, proof);
        sent.Outcomes.ShouldBe([(null, "queued")]);

        var refused = await original.Api.SendAsync(new HttpRequestMessage(HttpMethod.Get, "/ice-servers"), proof);

        refused.Code.ShouldBe("unauthorized");
    }

    private async Task<ConnectedSession> ConnectAsync(string userId)
    {
        var answer = await original.Api.PostFormAsync("/connect", new() { ["userId"] = userId });
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        return answer.Session;
    }

    private async Task<Listener> ListenAsync(string userId)
    {
        var session = await ConnectAsync(userId);
        return await Listener.StartStompAsync(session, login: userId, passcode: session.ListeningKey);
    }
}
