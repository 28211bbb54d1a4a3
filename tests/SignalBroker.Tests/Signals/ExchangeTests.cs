using System.Net;
using System.Text;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Signals;

/// <summary>What /exchange promises to senders and receivers.</summary>
public sealed class ExchangeTests(TestCluster cluster)
{
    [Fact]
    public async Task A_signal_reaches_its_addressee()
    {
        await using var alice = await ClientListener.StartAsync(cluster.Api);
        await using var bob = await ClientListener.StartAsync(cluster.Api);

        var answer = await cluster.Api.ExchangeAsync(
            alice.Session,
            new
            {
                to = bob.Session.UserId,
                type = "greeting",
                content = new { text = "hello" },
            }
        );

        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        answer.Outcomes.ShouldBe([(bob.Key, "queued")]);
        var envelope = await bob.ReceiveAsync();
        envelope.GetProperty("from").GetString().ShouldBe(alice.Session.UserId);
        envelope.GetProperty("fromSession").GetString().ShouldBe(alice.Key);
        envelope.GetProperty("to").GetString().ShouldBe(bob.Session.UserId);
        envelope.GetProperty("type").GetString().ShouldBe("greeting");
        envelope.GetProperty("content").GetProperty("text").GetString().ShouldBe("hello");
        envelope.GetProperty("id").GetString().ShouldBe(answer.Json.GetProperty("id").GetString());
    }

    [Fact]
    public async Task The_content_arrives_byte_for_byte()
    {
        await using var bob = await ClientListener.StartAsync(cluster.Api);
        const string Content =
            """{ "a" : 1.50e+3,"ü":"\u00e9 \\ \" ","b":[ ],"a":  null,"n":12345678901234567890123 }""";
        var request = new HttpRequestMessage(HttpMethod.Post, "/exchange")
        {
            Content = new StringContent(
                $$"""{"content": {{Content}} ,"to":"{{bob.Session.UserId}}"}""",
                Encoding.UTF8,
                "application/json"
            ),
        };

        var answer = await cluster.Api.SendAsync(request, bob.Session.Authorization);

        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        (await bob.ReceiveTextAsync()).ShouldEndWith($"\"content\":{Content}}}");
    }

    [Theory]
    [InlineData("null")]
    [InlineData("false")]
    [InlineData("0")]
    [InlineData("\"\"")]
    [InlineData("[]")]
    public async Task Any_JSON_is_content(string content)
    {
        await using var bob = await ClientListener.StartAsync(cluster.Api);
        var request = new HttpRequestMessage(HttpMethod.Post, "/exchange")
        {
            Content = new StringContent(
                $$"""{"to":"{{bob.Session.UserId}}","content":{{content}}}""",
                Encoding.UTF8,
                "application/json"
            ),
        };

        (await cluster.Api.SendAsync(request, bob.Session.Authorization)).Status.ShouldBe(HttpStatusCode.OK);

        (await bob.ReceiveAsync()).GetProperty("content").GetRawText().ShouldBe(content);
    }

    [Fact]
    public async Task A_form_sends_its_content_as_text()
    {
        await using var bob = await ClientListener.StartAsync(cluster.Api);

        var answer = await cluster.Api.PostFormAsync(
            "/exchange",
            new()
            {
                ["toUserId"] = bob.Session.UserId,
                ["content"] = "{\"not\": \"parsed\"} & ünïcode",
                ["fromUserId"] = "mallory",
            },
            bob.Session.Authorization
        );

        answer.Outcomes.ShouldBe([(bob.Key, "queued")]);
        var envelope = await bob.ReceiveAsync();
        envelope.GetProperty("content").GetString().ShouldBe("{\"not\": \"parsed\"} & ünïcode");
        envelope.GetProperty("from").GetString().ShouldBe(bob.Session.UserId);
    }

    [Fact]
    public async Task A_user_without_a_session_is_not_listening()
    {
        var alice = await cluster.Api.ConnectAsync();

        var answer = await cluster.Api.ExchangeAsync(alice, new { to = "nobody-" + alice.ListeningKey, content = 1 });

        answer.Status.ShouldBe(HttpStatusCode.NotFound);
        answer.Code.ShouldBe("user-not-listening");
        answer.Outcomes.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_session_that_does_not_listen_yet_is_not_listening()
    {
        var alice = await cluster.Api.ConnectAsync();

        foreach (
            var addressee in new object[]
            {
                new { to = alice.UserId, content = 1 },
                new { toSession = alice.ListeningKey, content = 1 },
            }
        )
        {
            var answer = await cluster.Api.ExchangeAsync(alice, addressee);
            answer.Status.ShouldBe(HttpStatusCode.NotFound);
            answer.Code.ShouldBe("user-not-listening");
        }
    }

    [Fact]
    public async Task A_signal_to_a_user_reaches_all_three_devices_and_nobody_else()
    {
        var user = "three-" + Guid.NewGuid().ToString("N");
        await using var phone = await ClientListener.StartAsync(cluster.Api, user, "phone");
        await using var laptop = await ClientListener.StartAsync(cluster.ApiOf(1), user, "laptop");
        await using var tablet = await ClientListener.StartAsync(cluster.Api, user, "tablet");
        await using var stranger = await ClientListener.StartAsync(cluster.Api);

        var answer = await cluster.Api.ExchangeAsync(stranger.Session, new { to = user, content = 1 });

        answer.Outcomes.ShouldBe(
            [(phone.Key, "queued"), (laptop.Key, "queued"), (tablet.Key, "queued")],
            ignoreOrder: true
        );
        foreach (var device in new[] { phone, laptop, tablet })
        {
            (await device.ReceiveAsync()).GetProperty("to").GetString().ShouldBe(user);
        }

        // What was sent to the stranger would have come before this.
        await cluster.Api.ExchangeAsync(stranger.Session, new { to = stranger.Session.UserId, content = "own" });
        (await stranger.ReceiveAsync()).GetProperty("content").GetString().ShouldBe("own");
    }

    [Fact]
    public async Task A_signal_to_a_session_reaches_that_device_only()
    {
        var user = "two-" + Guid.NewGuid().ToString("N");
        await using var phone = await ClientListener.StartAsync(cluster.Api, user);
        await using var laptop = await ClientListener.StartAsync(cluster.Api, user);

        var answer = await cluster.Api.ExchangeAsync(phone.Session, new { toSession = laptop.Key, content = "one" });
        await cluster.Api.ExchangeAsync(phone.Session, new { to = user, content = "both" });

        answer.Outcomes.ShouldBe([(laptop.Key, "queued")]);
        (await laptop.ReceiveAsync()).GetProperty("content").GetString().ShouldBe("one");
        (await laptop.ReceiveAsync()).GetProperty("content").GetString().ShouldBe("both");
        (await phone.ReceiveAsync()).GetProperty("content").GetString().ShouldBe("both");
    }

    [Fact]
    public async Task Signals_of_one_sender_to_one_session_keep_their_order_through_both_webapps()
    {
        await using var alice = await ClientListener.StartAsync(cluster.Api);
        await using var bob = await ClientListener.StartAsync(cluster.Api);

        for (var number = 0; number < 200; number++)
        {
            await cluster.ApiOf(number % 2).ExchangeAsync(alice.Session, new { toSession = bob.Key, content = number });
        }

        for (var number = 0; number < 200; number++)
        {
            (await bob.ReceiveAsync()).GetProperty("content").GetInt32().ShouldBe(number);
        }
    }

    [Fact]
    public async Task A_device_that_has_just_begun_to_listen_gets_the_very_next_signal_through_every_webapp()
    {
        var user = "new-" + Guid.NewGuid().ToString("N");
        var sender = await cluster.Api.ConnectAsync();
        var devices = new List<ClientListener>();
        try
        {
            for (var count = 1; count <= 10; count++)
            {
                devices.Add(await ClientListener.StartAsync(cluster.ApiOf(count % 2), user));
                for (var webapp = 0; webapp < 2; webapp++)
                {
                    var answer = await cluster.ApiOf(webapp).ExchangeAsync(sender, new { to = user, content = count });
                    answer.Outcomes.ShouldBe(
                        devices.Select(device => ((string?)device.Key, "queued")),
                        ignoreOrder: true
                    );
                }
            }
        }
        finally
        {
            foreach (var device in devices)
            {
                await device.DisposeAsync();
            }
        }
    }

    [Fact]
    public async Task A_listener_that_has_gone_is_reported_and_then_forgotten()
    {
        var user = "gone-" + Guid.NewGuid().ToString("N");
        await using var alice = await ClientListener.StartAsync(cluster.Api);
        await using (await ClientListener.StartAsync(cluster.Api, user))
        {
            await Eventually.HoldsAsync(async () =>
                (await cluster.Api.ExchangeAsync(alice.Session, new { to = user, content = 1 })).Status.ShouldBe(
                    HttpStatusCode.OK
                )
            );
        }

        await Eventually.HoldsAsync(async () =>
        {
            var answer = await cluster.ApiOf(1).ExchangeAsync(alice.Session, new { to = user, content = 1 });
            answer.Status.ShouldBe(HttpStatusCode.NotFound, answer.Body);
            answer.Outcomes.ShouldBeEmpty();
        });
    }

    [Fact]
    public async Task A_signal_says_when_it_expires_if_its_sender_says_how_long_it_lives()
    {
        await using var bob = await ClientListener.StartAsync(cluster.Api);

        await cluster.Api.ExchangeAsync(
            bob.Session,
            new
            {
                to = bob.Session.UserId,
                content = 1,
                timeToLive = 5000,
                id = "my-1",
            }
        );

        var envelope = await bob.ReceiveAsync();
        envelope.GetProperty("id").GetString().ShouldBe("my-1");
        (envelope.GetProperty("expiresAt").GetDateTime() - envelope.GetProperty("sentAt").GetDateTime()).ShouldBe(
            TimeSpan.FromSeconds(5)
        );
    }
}
