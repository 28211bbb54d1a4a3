using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Users;

/// <summary>What a backend may do with its service key, and nobody else.</summary>
[Collection<SignedCollection>]
public sealed class ServiceKeyTests(TestCluster cluster, SignedWebapps webapps)
{
    private readonly Api api = webapps.RequiredApi;

    private AuthenticationHeaderValue Key => new("ServiceKey", webapps.ServiceKey);

    [Fact]
    public async Task A_backend_connects_users_on_their_behalf()
    {
        var answer = await api.PostAsync("/connect", new { userId = "carol", device = "tv" }, Key);

        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        answer.Session.UserId.ShouldBe("carol");
        answer.Session.Device.ShouldBe("tv");
        await using var listener = await Listener.StartAsync(answer.Session);
        (await api.ExchangeAsync(answer.Session, new { toSession = listener.Key, content = 1 })).Outcomes.ShouldBe([
            (listener.Key, "queued"),
        ]);
        (await api.PostAsync("/connect", new { }, Key)).Session.UserId.ShouldStartWith("anonymous.");
    }

    [Fact]
    public async Task A_backend_connects_more_users_than_another_address_may()
    {
        var from = new Api(webapps.Required.PublicAddress, IPAddress.Parse("127.0.2.1"));
        for (var number = 0; number < 10; number++)
        {
            var answer = await from.PostAsync("/connect", new { userId = $"many-{number}" }, Key);
            answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        }
    }

    [Fact]
    public async Task A_backend_sends_as_the_application()
    {
        await using var bob = await ClientListener.StartAsync(cluster.Api);

        var toUser = await api.PostAsync(
            "/exchange",
            new
            {
                to = bob.Session.UserId,
                type = "notice",
                content = new { text = "hello" },
                from = "mallory",
            },
            Key
        );
        var toSession = await api.PostFormAsync(
            "/exchange",
            new() { ["toSession"] = bob.Key, ["content"] = "by form" },
            Key
        );

        toUser.Status.ShouldBe(HttpStatusCode.OK, toUser.Body);
        toUser.Outcomes.ShouldBe([(bob.Key, "queued")]);
        toSession.Outcomes.ShouldBe([(bob.Key, "queued")]);
        var envelope = await bob.ReceiveAsync();
        envelope.GetProperty("from").ValueKind.ShouldBe(JsonValueKind.Object);
        envelope.GetProperty("from").GetProperty("application").GetString().ShouldBe(SignedWebapps.Application);
        envelope.TryGetProperty("fromSession", out _).ShouldBeFalse();
        envelope.GetProperty("to").GetString().ShouldBe(bob.Session.UserId);
        envelope.GetProperty("type").GetString().ShouldBe("notice");
        (await bob.ReceiveAsync()).GetProperty("content").GetString().ShouldBe("by form");
    }

    [Fact]
    public async Task A_user_can_not_look_like_the_application()
    {
        await using var bob = await ClientListener.StartAsync(cluster.Api);
        await cluster.Api.PostAsync(
            "/exchange",
            new
            {
                toSession = bob.Key,
                content = 1,
                from = new { application = SignedWebapps.Application },
            },
            bob.Session.Authorization
        );

        (await bob.ReceiveAsync()).GetProperty("from").GetString().ShouldBe(bob.Session.UserId);
    }

    [Fact]
    public async Task A_wrong_service_key_opens_nothing_and_is_strange()
    {
        var hash = Convert.ToHexString(
            System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(webapps.ServiceKey))
        );
        string[] wrong =
        [
            webapps.ServiceKey[..^1],
            webapps.ServiceKey + "0",
            webapps.ServiceKey.ToLowerInvariant() + "A",
            hash,
            new string('0', 64),
            "x",
            new string('x', 5_000),
            SignedWebapps.Application,
        ];
        // What comes from one address in one minute is one row.
        foreach (var (path, address) in new[] { ("/connect", "127.0.2.2"), ("/exchange", "127.0.2.3") })
        {
            var stranger = new Api(webapps.Required.PublicAddress, IPAddress.Parse(address));
            foreach (var key in wrong)
            {
                var answer = await stranger.PostAsync(path, new { to = "bob", content = 1 }, new("ServiceKey", key));

                answer.Status.ShouldBe(HttpStatusCode.Unauthorized);
                answer.Code.ShouldBe("service-key-invalid");
                answer.Headers.WwwAuthenticate.ToString().ShouldStartWith("ServiceKey");
            }

            await Eventually.HoldsAsync(async () =>
                (await cluster.StrangeAsync("bruteForce")).ShouldContain(row =>
                    row.Detail == $"wrong service key at {path}" && row.Address == address
                )
            );
        }
    }

    [Fact]
    public async Task A_service_key_is_no_token_and_no_sessions_credential()
    {
        (await api.PostAsync("/connect", new { }, new("Bearer", webapps.ServiceKey))).Code.ShouldBe("token-invalid");
        (await api.PostAsync("/disconnect", new { }, Key)).Code.ShouldBe("unauthorized");
        (
            await api.PostAsync("/exchange", new { to = "bob", content = 1 }, new("Bearer", webapps.ServiceKey))
        ).Code.ShouldBe("unauthorized");
        // One that no webapp was told of opens nothing there.
        (await cluster.Api.PostAsync("/connect", new { userId = "carol" }, Key)).Code.ShouldBe("service-key-invalid");
    }

    [Fact]
    public async Task An_application_that_floods_is_slowed_down_by_its_key_and_others_are_not()
    {
        var flooding = new Api(webapps.Optional.PublicAddress);
        var answers = await Task.WhenAll(
            Enumerable
                .Range(0, 20 * SignedWebapps.RequestsPerSecond)
                .Select(number =>
                    new Api(flooding.Address.AbsoluteUri, IPAddress.Parse($"127.0.3.{1 + number % 4}")).PostAsync(
                        "/exchange",
                        new { to = "nobody", content = number },
                        Key
                    )
                )
        );

        var slowed = answers.Where(answer => answer.Status == HttpStatusCode.TooManyRequests).ToList();
        slowed.ShouldNotBeEmpty();
        slowed.ShouldAllBe(answer => answer.Code == "too-many-requests" && answer.Headers.RetryAfter != null);
        answers.Count(answer => answer.Code == "user-not-listening").ShouldBeGreaterThan(0);
        (await flooding.PostAsync("/connect", new { })).Status.ShouldBe(HttpStatusCode.OK);
    }
}
