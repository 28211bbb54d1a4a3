using System.Net;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Inbox;

/// <summary>An inbox holds so much and so long, and its sender is told.</summary>
public sealed class BoundsTests(TestCluster cluster)
{
    private const string Large = "x";

    private readonly string bob = "bob-" + Guid.NewGuid();

    private static TimeSpan Short => TimeSpan.FromMilliseconds(300);

    [Fact]
    public async Task A_full_inbox_takes_no_more_until_something_is_settled()
    {
        var alice = await cluster.Api.ConnectAsync();
        var answers = await Task.WhenAll(
            Enumerable.Range(0, 1010).Select(number => cluster.ApiOf(number % 2).StoreAsync(alice, bob, number))
        );

        var refused = answers.Where(answer => answer.Status != HttpStatusCode.OK).ToArray();
        refused.Length.ShouldBe(10);
        refused.ShouldAllBe(answer => answer.Status == HttpStatusCode.Conflict && answer.Code == "inbox-full");
        var session = await cluster.Api.ConnectAsync(bob);
        (await cluster.Api.ReadInboxAsync(session)).Json.GetProperty("lastSequence").GetInt64().ShouldBe(1000);
        (await cluster.Api.SettleAsync(session, new { upTo = 5 })).Status.ShouldBe(HttpStatusCode.OK);
        (await cluster.Api.StoreAsync(alice, bob, 1)).ShouldBeStored();
    }

    [Fact]
    public async Task An_inbox_holds_a_limited_number_of_bytes()
    {
        var alice = await cluster.Api.ConnectAsync();
        var content = string.Concat(Enumerable.Repeat(Large, 60_000));
        Answer answer;
        var stored = 0;
        while ((answer = await cluster.Api.StoreAsync(await SenderAsync(), bob, content)).Status == HttpStatusCode.OK)
        {
            stored++;
        }

        answer.Code.ShouldBe("inbox-full");
        stored.ShouldBeInRange(136, 139);
        (await cluster.Api.StoreAsync(alice, bob, 1)).Status.ShouldBe(HttpStatusCode.OK);

        // Each sender may send so many bytes per second.
        async Task<ConnectedSession> SenderAsync() =>
            stored % 10 == 0 ? alice = await cluster.Api.ConnectAsync() : alice;
    }

    [Fact]
    public async Task Expired_signals_make_room_are_not_delivered_and_leave_a_visible_gap()
    {
        var alice = await cluster.Api.ConnectAsync();
        await cluster.Api.StoreAsync(alice, bob, 1);
        await cluster.Api.StoreAsync(alice, bob, 2, timeToLive: (long)Short.TotalMilliseconds);
        await cluster.Api.StoreAsync(alice, bob, 3);
        var session = await cluster.Api.ConnectAsync(bob);
        await Eventually.HoldsAsync(async () =>
            (await cluster.Api.ReadInboxAsync(session)).Json.GetProperty("lowestSequence").GetInt64().ShouldBe(3)
        );

        await using var listener = await Listener.StartAsync(session);

        (await listener.ReceiveAsync()).Number.ShouldBe(1);
        (await listener.ReceiveAsync()).Number.ShouldBe(3);
        (await RecoveredAsync(1)).ShouldBeFalse();
        (await RecoveredAsync(2)).ShouldBeTrue();
        (await RecoveredAsync(3)).ShouldBeTrue();
        (await RecoveredAsync(4)).ShouldBeFalse();

        async Task<bool> RecoveredAsync(long after) =>
            (await cluster.ApiOf(1).ReadInboxAsync(session, $"?limit=0&after={after}"))
                .Json.GetProperty("recovered")
                .GetBoolean();
    }

    [Fact]
    public async Task An_impossible_option_is_refused()
    {
        var alice = await cluster.Api.ConnectAsync();

        (await cluster.Api.StoreAsync(alice, bob, 1, store: "sometimes")).Code.ShouldBe("invalid-member");
        (await cluster.Api.StoreAsync(alice, bob, 1, "ifOffline", receipt: "delivered")).Code.ShouldBe(
            "invalid-member"
        );
        (await cluster.Api.StoreAsync(alice, bob, 1, timeToLive: 8 * 86_400_000L)).Code.ShouldBe("invalid-member");
        (await cluster.Api.StoreAsync(alice, bob, 1, timeToLive: 7 * 86_400_000L)).ShouldBeStored();
        var toSession = await cluster.Api.ExchangeAsync(
            alice,
            new
            {
                toSession = alice.ListeningKey,
                store = "always",
                content = 1,
            }
        );
        toSession.Code.ShouldBe("invalid-member");
    }
}
