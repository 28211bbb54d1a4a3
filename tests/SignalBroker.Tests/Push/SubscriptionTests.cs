using System.Net;
using SignalBroker.Tests.Harness;
using SignalBroker.Tests.Inbox;

namespace SignalBroker.Tests.Push;

/// <summary>Subscriptions are registered, listed and removed.</summary>
[Collection<PushCollection>]
public sealed class SubscriptionTests(PushCluster cluster)
{
    private readonly string bob = "bob-" + Guid.NewGuid();

    public static TheoryData<string, string, object?> BadMembers =>
        new()
        {
            { "endpoint", "endpoint", null },
            { "endpoint", "endpoint", "" },
            { "endpoint", "endpoint", "/push/1" },
            { "endpoint", "endpoint", "ftp://127.0.0.1/push/1" },
            { "endpoint", "endpoint", "http://127.0.0.2/push/1" },
            { "endpoint", "endpoint", "http://user@127.0.0.1/push/1" },
            { "endpoint", "endpoint", "http://127.0.0.1/" + new string('x', 2048) },
            { "endpoint", "endpoint", 5 },
            { "keys", "keys.p256dh", null },
            { "keys", "keys.p256dh", Keys("", Secret) },
            { "keys", "keys.p256dh", Keys(new string('A', 87), Secret) },
            { "keys", "keys.p256dh", Keys(Point[..^2] + "AA", Secret) },
            { "keys", "keys.p256dh", Keys(Point + "=", Secret) },
            { "keys", "keys.auth", Keys(Point, "") },
            { "keys", "keys.auth", Keys(Point, Secret + "AA") },
            { "expirationTime", "expirationTime", -1 },
            { "expirationTime", "expirationTime", 1e16 },
            { "expirationTime", "expirationTime", "tomorrow" },
            { "content", "content", "yes" },
        };

    private const string Point =
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
    private const string Secret = "BTBZMqHH6r4Tts7J_aSIgg";

    [Fact]
    public async Task Browsers_learn_the_key()
    {
        var answer = await cluster.ApiOf(1).GetAsync("/push/key");

        answer.Json.GetProperty("publicKey").GetString().ShouldBe(cluster.PublicKey);
        System.Buffers.Text.Base64Url.DecodeFromChars(cluster.PublicKey).Length.ShouldBe(65);
    }

    [Theory]
    [MemberData(nameof(BadMembers))]
    public async Task A_bad_subscription_is_refused(string member, string named, object? value)
    {
        var session = await cluster.Api.ConnectAsync();
        var subscription = new Dictionary<string, object?>
        {
            ["endpoint"] = "http://127.0.0.1/push/1",
            ["keys"] = Keys(Point, Secret),
            [member] = value,
        };

        var answer = await cluster.Api.PutSubscriptionAsync(session, subscription);

        answer.Status.ShouldBe(HttpStatusCode.BadRequest, answer.Body);
        answer.Code.ShouldBe("invalid-member");
        answer.Json.GetProperty("detail").GetString()!.ShouldContain($"'{named}'");
        (await cluster.Api.SubscriptionsAsync(session)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_removed_subscription_gets_no_push()
    {
        var session = await cluster.Api.ConnectAsync(bob);
        var removed = await cluster.SubscribeAsync(session);
        var kept = await cluster.SubscribeAsync(session);
        var alice = await cluster.Api.ConnectAsync();
        // Nobody removes another's.
        await cluster.Api.DeleteSubscriptionAsync(alice, kept.Subscriber.Endpoint);

        for (var time = 0; time < 2; time++)
        {
            (await cluster.ApiOf(time).DeleteSubscriptionAsync(session, removed.Subscriber.Endpoint)).Status.ShouldBe(
                HttpStatusCode.NoContent
            );
        }

        (await cluster.Api.SubscriptionsAsync(session)).ShouldBe([kept.Subscriber.Endpoint.AbsoluteUri]);
        await cluster.Api.DisconnectAsync(session);
        await cluster.Api.StoreAsync(alice, bob, 1);
        await kept.NextAsync();
        await cluster.NothingIsLeftAsync(bob);
        removed.Tries.ShouldBeEmpty();
    }

    [Fact]
    public async Task Registering_a_subscription_again_updates_it()
    {
        var session = await cluster.Api.ConnectAsync(bob);
        var registration = await cluster.SubscribeAsync(session);
        await cluster.ApiOf(1).PutSubscriptionAsync(session, registration.Subscriber.ToJson(content: true));
        await cluster.Api.DisconnectAsync(session);
        var alice = await cluster.Api.ConnectAsync();

        await cluster.Api.StoreAsync(alice, bob, 7);

        (await registration.NextAsync()).Message.GetProperty("signal").Number.ShouldBe(7);
    }

    [Fact]
    public async Task A_browser_that_another_user_takes_over_gets_that_users_pushes_only()
    {
        var registration = await cluster.SubscribeAwayAsync(bob, content: true);
        var carol = await cluster.Api.ConnectAsync();
        (await cluster.Api.PutSubscriptionAsync(carol, registration.Subscriber.ToJson(content: true))).Status.ShouldBe(
            HttpStatusCode.NoContent
        );
        await cluster.Api.DisconnectAsync(carol);
        var alice = await cluster.Api.ConnectAsync();

        await cluster.Api.StoreAsync(alice, bob, 1);
        await cluster.Api.StoreAsync(alice, carol.UserId, 2);

        (await registration.NextAsync()).Message.GetProperty("signal").Number.ShouldBe(2);
        (await cluster.OutboxOfAsync(bob)).ShouldBe(0);
    }

    [Fact]
    public async Task Nobody_takes_a_subscription_without_its_keys()
    {
        var registration = await cluster.SubscribeAwayAsync(bob);
        var mallory = await cluster.Api.ConnectAsync();
        using var other = new Subscriber(registration.Subscriber.Endpoint);

        var answer = await cluster.Api.PutSubscriptionAsync(mallory, other.ToJson());

        answer.Status.ShouldBe(HttpStatusCode.Conflict);
        answer.Code.ShouldBe("endpoint-taken");
        var alice = await cluster.Api.ConnectAsync();
        await cluster.Api.StoreAsync(alice, bob, 1);
        await registration.NextAsync();
    }

    [Fact]
    public async Task A_further_subscription_replaces_the_oldest()
    {
        var session = await cluster.Api.ConnectAsync(bob);
        var first = await cluster.SubscribeAsync(session);
        var second = await cluster.SubscribeAsync(session);
        await cluster.Api.PutSubscriptionAsync(session, first.Subscriber.ToJson());

        var third = await cluster.SubscribeAsync(session);

        (await cluster.Api.SubscriptionsAsync(session)).ShouldBe([
            first.Subscriber.Endpoint.AbsoluteUri,
            third.Subscriber.Endpoint.AbsoluteUri,
        ]);
        second.ShouldNotBeNull();
    }

    [Fact]
    public async Task An_expired_subscription_gets_no_push_and_is_removed()
    {
        var session = await cluster.Api.ConnectAsync(bob);
        var registration = cluster.Service.Register();
        var subscription = registration.Subscriber.ToJson();
        subscription["expirationTime"] = 1000;
        await cluster.Api.PutSubscriptionAsync(session, subscription);
        await cluster.Api.DisconnectAsync(session);
        var alice = await cluster.Api.ConnectAsync();

        await cluster.Api.StoreAsync(alice, bob, 1);

        var back = await cluster.Api.ConnectAsync(bob);
        await Eventually.HoldsAsync(async () => (await cluster.Api.SubscriptionsAsync(back)).ShouldBeEmpty());
        registration.Tries.ShouldBeEmpty();
    }

    [Fact]
    public async Task Only_a_session_may_ask()
    {
        foreach (var method in new[] { HttpMethod.Get, HttpMethod.Put, HttpMethod.Delete })
        {
            var answer = await cluster.Api.SendAsync(new HttpRequestMessage(method, "/push/subscriptions"));

            answer.Status.ShouldBe(HttpStatusCode.Unauthorized, method.Method);
        }
    }

    private static Dictionary<string, string> Keys(string point, string secret) =>
        new() { ["p256dh"] = point, ["auth"] = secret };
}
