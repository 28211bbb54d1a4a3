using System.Net;
using SignalBroker.LocalCluster;
using SignalBroker.Tests.Harness;
using SignalBroker.Tests.Inbox;

namespace SignalBroker.Tests.Presence;

/// <summary>A webapp that tells users who were never seen from those who are away.</summary>
public sealed class RegistryTests(TestCluster cluster) : IAsyncLifetime
{
    private readonly string userId = $"user-{Guid.NewGuid()}";
    private Webapp webapp = null!;

    private Api Api => new(webapp.PublicAddress);

    public async ValueTask InitializeAsync()
    {
        webapp = await cluster.Servers.AddWebappAsync([new("Users:Registry", "true")]);
        await cluster.AllNodesReadyAsync();
    }

    public async ValueTask DisposeAsync() => await webapp.StopAsync();

    [Fact]
    public async Task Nobody_can_send_to_a_user_who_was_never_seen()
    {
        var alice = await Api.ConnectAsync();
        foreach (
            var request in (object[])
                [
                    new
                    {
                        id = "1",
                        to = userId,
                        content = 1,
                    },
                    new
                    {
                        id = "1",
                        to = userId,
                        device = "phone",
                        content = 1,
                    },
                    new
                    {
                        id = "1",
                        to = userId,
                        store = "always",
                        content = 1,
                    },
                    new
                    {
                        id = "1",
                        to = userId,
                        store = "ifOffline",
                        content = 1,
                    },
                ]
        )
        {
            var answer = await Api.ExchangeAsync(alice, request);
            answer.Status.ShouldBe(HttpStatusCode.NotFound, answer.Body);
            answer.Code.ShouldBe("user-unknown");
            answer.Json.GetProperty("id").GetString().ShouldBe("1");
            answer.Json.GetProperty("detail").GetString().ShouldBe($"{userId} has never been here.");
        }

        // And nothing was stored.
        var late = await Api.ConnectAsync(userId);
        (await Api.ReadInboxAsync(late)).Sequences.ShouldBeEmpty();
    }

    [Fact]
    public async Task Whoever_was_seen_once_is_known_for_ever()
    {
        var alice = await Api.ConnectAsync();
        await cluster.Api.ComeAndGoAsync(userId);

        (await Api.ExchangeAsync(alice, new { to = userId, content = 1 })).Code.ShouldBe("user-not-listening");
        (await Api.StoreAsync(alice, userId, 1)).ShouldBeStored();
        (await Api.StoreAsync(alice, userId, 1, "ifOffline")).ShouldBeStored();
        (
            await Api.ExchangeAsync(
                alice,
                new { toSession = $"s.{new string('A', alice.ListeningKey.Length - 2)}", content = 1 }
            )
        ).Code.ShouldBe("user-not-listening");
    }

    [Fact]
    public async Task Without_a_registry_they_look_the_same_and_signals_are_stored()
    {
        var alice = await cluster.Api.ConnectAsync();

        (await cluster.Api.ExchangeAsync(alice, new { to = userId, content = 1 })).Code.ShouldBe("user-not-listening");
        (await cluster.Api.StoreAsync(alice, userId, 1)).ShouldBeStored();
    }
}
