using System.Net;
using System.Text;
using SignalBroker.LocalCluster;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Listening;

/// <summary>A webapp whose streams say often that they are alive.</summary>
public sealed class BeatingWebapp(TestCluster cluster) : IAsyncLifetime
{
    public Webapp Webapp { get; private set; } = null!;

    public async ValueTask InitializeAsync() =>
        Webapp = await cluster.Servers.AddWebappAsync(
            new Dictionary<string, string> { ["Listening:HeartbeatInterval"] = "00:00:00.2" }
        );

    public async ValueTask DisposeAsync() => await Webapp.StopAsync();
}

/// <summary>Server-sent events from /listen are worth a socket.</summary>
public sealed class ListenTests(TestCluster cluster, BeatingWebapp beating) : IClassFixture<BeatingWebapp>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_signal_reaches_whoever_listens_to_events()
    {
        await using var alice = await Listener.StartAsync(cluster.Api);
        await using var bob = await StreamListener.StartAsync(cluster.Api);

        var answer = await cluster
            .ApiOf(1)
            .ExchangeAsync(
                alice.Session,
                new
                {
                    to = bob.Session.UserId,
                    type = "greeting",
                    content = "hello",
                }
            );

        answer.Outcomes.ShouldBe([(bob.Key, "queued")]);
        var envelope = await bob.ReceiveAsync();
        envelope.GetProperty("from").GetString().ShouldBe(alice.Session.UserId);
        envelope.GetProperty("fromSession").GetString().ShouldBe(alice.Key);
        envelope.GetProperty("to").GetString().ShouldBe(bob.Session.UserId);
        envelope.GetProperty("type").GetString().ShouldBe("greeting");
        envelope.GetProperty("content").GetString().ShouldBe("hello");
    }

    [Fact]
    public async Task Nothing_on_the_way_may_keep_the_stream()
    {
        await using var listener = await StreamListener.StartAsync(cluster.Api);

        listener.ContentType.ShouldBe("text/event-stream");
        listener.Headers.CacheControl!.NoStore.ShouldBeTrue();
        listener.Headers.GetValues("X-Accel-Buffering").ShouldBe(["no"]);
    }

    [Fact]
    public async Task Whoever_listens_to_events_is_acked_as_a_socket_is_and_leaves_no_session()
    {
        await using var listener = await StreamListener.StartAsync(cluster.Api);
        await Eventually.HoldsAsync(async () => (await cluster.IsAckedAsync(listener.Key)).ShouldBe(true));
        var queue = (await Management.FindQueueAsync(cluster.NodeOf(listener.Session), listener.Key))!.Value;
        queue.GetProperty("exclusive").GetBoolean().ShouldBeTrue();
        queue.GetProperty("auto_delete").GetBoolean().ShouldBeTrue();
        queue.GetProperty("durable").GetBoolean().ShouldBeFalse();

        await listener.DisposeAsync();

        await Eventually.HoldsAsync(async () =>
        {
            (await cluster.RowsOfAsync(listener.Session.UserId)).ShouldBe(0);
            (await Management.FindQueueAsync(cluster.NodeOf(listener.Session), listener.Key)).ShouldBeNull();
        });
    }

    [Fact]
    public async Task Signals_keep_their_order_and_large_ones_arrive_whole()
    {
        await using var listener = await StreamListener.StartAsync(cluster.Api);
        for (var number = 0; number < 100; number++)
        {
            var content = new { number, filling = number % 10 == 0 ? new string('x', 50_000) : "" };
            (
                await cluster
                    .ApiOf(number % 2)
                    .ExchangeAsync(listener.Session, new { toSession = listener.Key, content })
            ).Outcomes.ShouldBe([(listener.Key, "queued")]);
        }

        for (var number = 0; number < 100; number++)
        {
            var content = (await listener.ReceiveAsync()).GetProperty("content");
            content.GetProperty("number").GetInt32().ShouldBe(number);
            content.GetProperty("filling").GetString()!.Length.ShouldBe(number % 10 == 0 ? 50_000 : 0);
        }
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    [InlineData("\r")]
    [InlineData("\n\n")]
    public async Task Line_breaks_in_the_JSON_break_no_event(string lineBreak)
    {
        await using var listener = await StreamListener.StartAsync(cluster.Api);
        var content = $"{{{lineBreak}\"a\":{lineBreak}1{lineBreak}}}";
        var request = new HttpRequestMessage(HttpMethod.Post, "/exchange")
        {
            Content = new StringContent(
                $$"""{"content":{{content}},"to":"{{listener.Session.UserId}}"}""",
                Encoding.UTF8,
                "application/json"
            ),
        };

        (await cluster.Api.SendAsync(request, listener.Session.Authorization)).Status.ShouldBe(HttpStatusCode.OK);

        (await listener.ReceiveAsync()).GetProperty("content").GetProperty("a").GetInt32().ShouldBe(1);
    }

    [Fact]
    public async Task A_silent_stream_says_that_it_is_alive()
    {
        await using var listener = await StreamListener.StartAsync(new Api(beating.Webapp.PublicAddress));

        for (var beat = 0; beat < 3; beat++)
        {
            (await listener.ReadCommentAsync()).ShouldBeEmpty();
        }
    }

    [Fact]
    public async Task A_disconnect_ends_the_stream()
    {
        await using var listener = await StreamListener.StartAsync(cluster.Api);

        await cluster.ApiOf(1).DisconnectAsync(listener.Session);

        (await listener.Ended.WaitAsync(Patience, Token)).ShouldBeTrue();
        await Eventually.HoldsAsync(async () => (await cluster.RowsOfAsync(listener.Session.UserId)).ShouldBe(0));
    }

    [Fact]
    public async Task A_stream_that_the_node_closes_ends()
    {
        await using var listener = await StreamListener.StartAsync(cluster.Api);

        await Management.CloseConnectionsAsync(cluster.NodeOf(listener.Session), listener.Key);

        (await listener.Ended.WaitAsync(Patience, Token)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_key_is_good_for_one_stream_or_socket_once()
    {
        await using var stream = await StreamListener.StartAsync(cluster.Api);
        await using var socket = await Listener.StartAsync(cluster.Api);

        foreach (var session in new[] { stream.Session, socket.Session })
        {
            var answer = await ListenAsync(session);
            answer.Status.ShouldBe(HttpStatusCode.Conflict);
            answer.Code.ShouldBe("key-already-used");
            await StrangeRows.ExpectAsync(cluster.InternalOf(0), "secondAdmission", session.ListeningKey);
            await using var second = await StompSocket.OpenAsync(session.ListeningAddress);
            (await second.TryConnectAsync(session.ListeningKey, session.Passcode)).ShouldBeFalse();
        }

        // Neither of them has noticed.
        await cluster.Api.ExchangeAsync(stream.Session, new { toSession = stream.Key, content = 1 });
        await cluster.Api.ExchangeAsync(stream.Session, new { toSession = socket.Key, content = 1 });
        await stream.ReceiveAsync();
        await socket.ReceiveAsync();
    }

    [Fact]
    public async Task Of_ten_streams_that_race_with_one_key_one_gets_in()
    {
        var session = await cluster.Api.ConnectAsync();

        var races = await Task.WhenAll(
            Enumerable.Range(0, 10).Select(number => RaceAsync(cluster.ApiOf(number % 2), session))
        );

        races.Count(won => won is not null).ShouldBe(1);
        await races.Single(won => won is not null)!.DisposeAsync();
    }

    [Fact]
    public async Task Without_a_good_credential_there_is_no_stream()
    {
        var session = await cluster.Api.ConnectAsync();
        var ended = await cluster.Api.ConnectAsync();
        await cluster.Api.DisconnectAsync(ended);
        ConnectedSession[] wrong =
        [
            session with
            {
                Passcode = session.Passcode[..^1] + (session.Passcode[^1] == 'A' ? 'E' : 'A'),
            },
            session with
            {
                ListeningKey = "s." + new string('A', 22),
            },
            ended,
        ];

        (await cluster.Api.GetAsync("/listen")).Code.ShouldBe("unauthorized");
        foreach (var stranger in wrong)
        {
            var answer = await ListenAsync(stranger);
            answer.Status.ShouldBe(HttpStatusCode.Unauthorized);
            answer.Code.ShouldBe("unauthorized");
        }

        // And the guesses have cost the session nothing.
        await using var listener = await StreamListener.StartAsync(cluster.Api, session);
    }

    [Fact]
    public async Task A_page_of_another_origin_may_ask_with_a_credential_only_if_the_configuration_says_so()
    {
        var preflight = new HttpRequestMessage(HttpMethod.Options, "/listen");
        preflight.Headers.Add("Origin", "https://elsewhere.example");
        preflight.Headers.Add("Access-Control-Request-Method", "GET");
        preflight.Headers.Add("Access-Control-Request-Headers", "authorization");

        (await cluster.Api.SendAsync(preflight)).Headers.Contains("Access-Control-Allow-Origin").ShouldBeFalse();
    }

    private Task<Answer> ListenAsync(ConnectedSession session) =>
        cluster.Api.SendAsync(new HttpRequestMessage(HttpMethod.Get, "/listen"), session.Authorization);

    private static async Task<StreamListener?> RaceAsync(Api api, ConnectedSession session)
    {
        try
        {
            return await StreamListener.StartAsync(api, session);
        }
        catch (ShouldAssertException refused)
        {
            refused.Message.ShouldContain("key-already-used");
            return null;
        }
    }
}
