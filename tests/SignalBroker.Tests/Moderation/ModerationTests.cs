using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using SignalBroker.Client;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Moderation;

/// <summary>Who is put out, and who is kept out.</summary>
public sealed class ModerationTests(ModerationCluster cluster) : IClassFixture<ModerationCluster>
{
    private static readonly string[] RowMembers = ["act", "by", "targetKind", "target", "sessions", "reason"];

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static DateTime Now => TimeProvider.System.GetUtcNow().UtcDateTime;

    private static DateTime InAnHour => Now.AddHours(1);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task An_ended_session_hears_why_and_loses_its_socket_and_its_credential(int webapp)
    {
        await using var ended = await Listener.StartAsync(cluster.ApiOf(0), Name("alice"));
        await using var other = await Listener.StartAsync(cluster.ApiOf(0), ended.Session.UserId);
        var watch = Stopwatch.StartNew();

        (await cluster.EndAsync(new { listeningKey = ended.Key, reason = "spam \"&\"" }, webapp)).ShouldBe(1);

        var told = await ended.ReceiveAsync();
        told.GetProperty("type").GetString().ShouldBe("session");
        told.GetProperty("content").GetProperty("event").GetString().ShouldBe("ended");
        told.GetProperty("content").GetProperty("reason").GetString().ShouldBe("spam \"&\"");
        await ended.Closed.WaitAsync(Patience, Token);
        Measured("the socket was closed after", watch);
        for (var each = 0; each < 2; each++)
        {
            await IsGoodForNothingAsync(ended.Session, each);
            (
                await cluster.ApiOf(each).ExchangeAsync(other.Session, new { to = other.Session.UserId, content = 1 })
            ).Outcomes.ShouldBe([(other.Key, "queued")]);
        }
    }

    [Fact]
    public async Task An_ended_stream_of_events_is_closed()
    {
        await using var ended = await StreamListener.StartAsync(cluster.ApiOf(0), Name("alice"));
        var watch = Stopwatch.StartNew();

        (await cluster.EndAsync(new { userId = ended.Session.UserId })).ShouldBe(1);

        (await ended.ReadAsync()).ShouldContain("\"event\":\"ended\"");
        await ended.Ended.WaitAsync(Patience, Token);
        Measured("the stream was closed after", watch);
        await IsGoodForNothingAsync(ended.Session, webapp: 1);
    }

    [Fact]
    public async Task All_sessions_of_a_user_end_and_nobody_elses()
    {
        var user = Name("alice");
        await using var first = await Listener.StartAsync(cluster.ApiOf(0), user);
        await using var second = await StreamListener.StartAsync(cluster.ApiOf(1), user);
        var waiting = await cluster.ApiOf(1).ConnectAsync(user);
        await using var other = await Listener.StartAsync(cluster.ApiOf(0), user + "2");

        (await cluster.EndAsync(new { userId = user })).ShouldBe(3);

        await first.Closed.WaitAsync(Patience, Token);
        await second.Ended.WaitAsync(Patience, Token);
        await IsGoodForNothingAsync(waiting, webapp: 0);
        other.Closed.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task A_session_that_was_lost_can_not_be_resumed_after_its_user_was_ended()
    {
        var user = Name("alice");
        var lost = await Listener.StartAsync(cluster.ApiOf(0), user);
        lost.Abort();
        await Eventually.HoldsAsync(async () =>
            (await cluster.ApiOf(0).ExchangeAsync(lost.Session, new { to = user, content = 1 })).Status.ShouldBe(
                HttpStatusCode.Unauthorized
            )
        );

        await cluster.EndAsync(new { userId = user });

        var resumed = await cluster.ApiOf(1).TakeOverAsync(lost.Session, listens: false);
        resumed.Code.ShouldBe("predecessor-unknown");
        await lost.DisposeAsync();
    }

    [Theory]
    [InlineData("127.5.1.1", "127.5.1.1", "127.5.1.2")]
    [InlineData("127.6.0.0/16", "127.6.9.9", "127.7.0.1")]
    public async Task All_sessions_of_an_address_end(string target, string inside, string outside)
    {
        var ended = await cluster.ApiOf(0, IPAddress.Parse(inside)).ConnectAsync();
        var other = await cluster.ApiOf(0, IPAddress.Parse(outside)).ConnectAsync();

        (await cluster.EndAsync(new { address = target })).ShouldBe(1);

        await IsGoodForNothingAsync(ended, webapp: 1);
        (await cluster.ApiOf(0).ExchangeAsync(other, new { to = Name("nobody"), content = 1 })).Code.ShouldBe(
            "user-not-listening"
        );
    }

    [Fact]
    public async Task All_sessions_of_a_node_end()
    {
        var nodes = cluster.Servers.Nodes;
        await using var ended = await Listener.StartAsync(await cluster.ConnectOnAsync(nodes[0], Name("alice")));
        await using var other = await Listener.StartAsync(await cluster.ConnectOnAsync(nodes[1], Name("bob")));

        (await cluster.EndAsync(new { node = nodes[0].Name })).ShouldBeGreaterThanOrEqualTo(1);

        await ended.Closed.WaitAsync(Patience, Token);
        other.Closed.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task A_blocked_user_is_put_out_and_kept_out_until_it_is_let_in_again()
    {
        var user = Name("mallory");
        await using var ended = await Listener.StartAsync(cluster.ApiOf(0), user);
        var until = InAnHour;

        var blocked = await cluster.BlockAsync(
            new
            {
                userId = user,
                until,
                reason = "abuse",
            }
        );

        blocked.Status.ShouldBe(HttpStatusCode.OK, blocked.Body);
        blocked.Json.GetProperty("ended").GetInt32().ShouldBe(1);
        await ended.Closed.WaitAsync(Patience, Token);
        for (var webapp = 0; webapp < 2; webapp++)
        {
            var api = cluster.ApiOf(webapp);
            IsBlocked(await api.PostAsync("/connect", new { userId = user }));
            IsBlocked(await api.PostAsync("/connect", new { userId = user }, cluster.Key));
            IsBlocked(await api.PostAsync("/connect", new { userId = user, device = "phone" }));
        }

        (await UnblockAsync(user)).Status.ShouldBe(HttpStatusCode.NoContent);
        (await UnblockAsync(user)).Code.ShouldBe("not-blocked");
        await cluster.ApiOf(1).ConnectAsync(user);

        void IsBlocked(Answer answer)
        {
            answer.Status.ShouldBe(HttpStatusCode.Forbidden, answer.Body);
            answer.Code.ShouldBe("user-blocked");
            answer.Body.ShouldContain($"until {until:yyyy-MM-dd'T'HH:mm:ss'Z'}");
        }
    }

    [Fact]
    public async Task A_block_ends_at_its_time()
    {
        var user = Name("mallory");
        (await cluster.BlockAsync(new { userId = user, until = Now.AddSeconds(2) })).Status.ShouldBe(HttpStatusCode.OK);

        await Eventually.HoldsAsync(async () =>
            (await cluster.ApiOf(0).PostAsync("/connect", new { userId = user })).Status.ShouldBe(HttpStatusCode.OK)
        );
    }

    [Fact]
    public async Task A_connect_at_the_same_moment_does_not_slip_through_a_block()
    {
        for (var round = 0; round < 10; round++)
        {
            var user = Name("mallory");
            var connects = Enumerable
                .Range(0, 8)
                .Select(number => cluster.ApiOf(number % 2).PostAsync("/connect", new { userId = user }))
                .ToArray();

            await cluster.BlockAsync(new { userId = user, until = InAnHour }, round % 2);

            foreach (var answer in await Task.WhenAll(connects))
            {
                if (answer.Status == HttpStatusCode.OK)
                {
                    await IsGoodForNothingAsync(answer.Session, round % 2);
                }
                else
                {
                    answer.Code.ShouldBe("user-blocked");
                }
            }
        }
    }

    [Fact]
    public async Task A_backend_does_the_same_with_its_service_key_on_the_public_port()
    {
        var api = cluster.ApiOf(0);
        var user = Name("alice");
        await api.ConnectAsync(user);

        (await api.PostAsync("/sessions/end", new { userId = user })).Code.ShouldBe("service-key-missing");
        var guess = await api.PostAsync("/sessions/end", new { userId = user }, new("ServiceKey", new string('0', 64)));
        guess.Code.ShouldBe("service-key-invalid");
        var ended = await api.PostAsync("/sessions/end", new { userId = user }, cluster.Key);
        ended.Json.GetProperty("ended").GetInt32().ShouldBe(1);

        var block = new HttpRequestMessage(HttpMethod.Put, "/blocks")
        {
            Content = JsonContent.Create(new { userId = user, until = InAnHour }),
        };
        (await api.SendAsync(block, cluster.Key)).Status.ShouldBe(HttpStatusCode.OK);
        var listed = await api.SendAsync(new(HttpMethod.Get, $"/blocks?after={user[..^1]}&limit=1"), cluster.Key);
        listed.Json.GetProperty("blocks")[0].GetProperty("userId").GetString().ShouldBe(user);
        listed.Json.GetProperty("blocks")[0].GetProperty("by").GetString().ShouldBe(ModerationCluster.Application);
        (await api.SendAsync(new(HttpMethod.Delete, $"/blocks?userId={user}"), cluster.Key)).Status.ShouldBe(
            HttpStatusCode.NoContent
        );
        (await api.GetAsync("/admin/audit")).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task What_was_done_is_in_the_audit_log()
    {
        var user = Name("alice");
        await cluster.ApiOf(0).ConnectAsync(user);
        await cluster.EndAsync(new { userId = user, reason = "asked to" });
        await cluster.ApiOf(0).PostAsync("/sessions/end", new { userId = user }, cluster.Key);
        await cluster.BlockAsync(new { userId = user, until = InAnHour });
        await UnblockAsync(user);

        var rows = (await cluster.InternalOf(1).GetAsync("/admin/audit?limit=1000")).Json.EnumerateArray();

        rows.Where(row => row.GetProperty("target").GetString() == user)
            .Select(row =>
                string.Join(' ', RowMembers.Select(name => row.TryGetProperty(name, out var value) ? $"{value}" : "-"))
            )
            .ShouldBe([
                $"unblock operator user {user} 0 -",
                $"block operator user {user} 0 -",
                $"end {ModerationCluster.Application} user {user} 0 -",
                $"end operator user {user} 1 asked to",
            ]);
    }

    [Theory]
    [InlineData("{}", "target-invalid")]
    [InlineData("""{"userId":"alice","node":"sb1"}""", "target-invalid")]
    [InlineData("""{"userId":"a b"}""", "invalid-user-id")]
    [InlineData("""{"address":"everybody"}""", "invalid-member")]
    [InlineData("""{"address":"10.0.0.0/99"}""", "invalid-member")]
    [InlineData("""{"userid":"alice"}""", "invalid-member")]
    public async Task A_wrong_target_is_refused(string body, string code)
    {
        var answer = await cluster
            .InternalOf(0)
            .SendAsync(
                new HttpRequestMessage(HttpMethod.Post, "/admin/sessions/end")
                {
                    Content = new StringContent(body, mediaType: new("application/json")),
                }
            );

        answer.Status.ShouldBe(HttpStatusCode.BadRequest, answer.Body);
        answer.Code.ShouldBe(code);
    }

    [Fact]
    public async Task A_wrong_block_is_refused()
    {
        var future = InAnHour;
        (await cluster.BlockAsync(new { until = future })).Code.ShouldBe("invalid-user-id");
        (await cluster.BlockAsync(new { userId = "alice" })).Code.ShouldBe("invalid-member");
        (await cluster.BlockAsync(new { userId = "alice", until = "yesterday" })).Code.ShouldBe("invalid-member");
        (await cluster.BlockAsync(new { userId = "alice", until = Now.AddHours(-1) })).Code.ShouldBe("invalid-member");
        var reason = new string('x', 201);
        (
            await cluster.BlockAsync(
                new
                {
                    userId = "alice",
                    until = future,
                    reason,
                }
            )
        ).Code.ShouldBe("invalid-member");
    }

    [Fact]
    public async Task The_dotnet_client_is_closed_and_does_not_come_back()
    {
        var user = Name("alice");
        await using var client = await SignalBrokerClient.ConnectAsync(
            new() { Url = cluster.ApiOf(0).Address, UserId = user },
            Token
        );

        await cluster.EndAsync(new { userId = user, reason = "the game is over" });

        var problem = await client.Closed.WaitAsync(Patience, Token);
        problem.ShouldBe(new(SignalBrokerCode.SessionEnded, "the game is over"));
        client.State.ShouldBe(new ClientState.Closed(problem));
    }

    private static string Name(string name) => $"{name}{Guid.NewGuid():N}";

    private static void Measured(string what, Stopwatch watch) =>
        TestContext.Current.TestOutputHelper?.WriteLine($"{what} {watch.Elapsed.TotalSeconds:0.00} s");

    private Task<Answer> UnblockAsync(string user) =>
        cluster.InternalOf(0).SendAsync(new HttpRequestMessage(HttpMethod.Delete, $"/admin/blocks?userId={user}"));

    // Webapps that did not end it hear of it.
    private Task IsGoodForNothingAsync(ConnectedSession session, int webapp) =>
        Eventually.HoldsAsync(async () =>
        {
            var api = cluster.ApiOf(webapp);
            (await api.ExchangeAsync(session, new { to = "somebody", content = 1 })).Status.ShouldBe(
                HttpStatusCode.Unauthorized
            );
            (await api.SendAsync(new(HttpMethod.Get, "/listen"), session.Authorization)).Status.ShouldBe(
                HttpStatusCode.Unauthorized
            );
            (await api.TakeOverAsync(session)).Code.ShouldBe("predecessor-unknown");
        });
}
