using System.Text.Json;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Inbox;

/// <summary>A sender that asks for it is told when its signal has been settled, or has expired.</summary>
public sealed class ReceiptTests(TestCluster cluster)
{
    private readonly string bob = "bob-" + Guid.NewGuid();

    [Fact]
    public async Task A_receipt_says_what_was_settled_by_whom_and_when()
    {
        await using var alice = await Listener.StartAsync(cluster.Api);
        await using var phone = await Listener.StartAsync(cluster.Api, bob, "phone");
        await using var laptop = await Listener.StartAsync(cluster.Api, bob, "laptop");
        await cluster.Api.StoreAsync(alice.Session, bob, 1, id: "x", receipt: "delivered");
        await cluster.Api.StoreAsync(alice.Session, bob, 2);
        await phone.ReceiveAsync();

        await cluster.ApiOf(1).SettleAsync(phone.Session, new { upTo = 2 });
        await cluster.ApiOf(1).SettleAsync(laptop.Session, new { upTo = 2 });

        var receipt = await alice.ReceiveAsync();
        receipt.GetProperty("type").GetString().ShouldBe("receipt");
        receipt.TryGetProperty("from", out _).ShouldBeFalse();
        receipt.GetProperty("id").GetString().ShouldNotBeNullOrEmpty();
        var content = receipt.GetProperty("content");
        content.GetProperty("id").GetString().ShouldBe("x");
        content.GetProperty("outcome").GetString().ShouldBe("delivered");
        content.GetProperty("to").GetString().ShouldBe(bob);
        content.GetProperty("device").GetString().ShouldBe("phone");
        content.GetProperty("session").GetString().ShouldBe(phone.Key);
        content.GetProperty("at").GetDateTime().ShouldBeGreaterThan(DateTime.UnixEpoch);
        // The other device has settled it as well by now.
        await cluster.Api.SettleAsync(alice.Session, new { upTo = receipt.Sequence });
        await cluster.Api.StoreAsync(alice.Session, alice.Session.UserId, 3);
        (await alice.ReceiveAsync()).Number.ShouldBe(3);
    }

    [Fact]
    public async Task A_receipt_waits_for_a_sender_who_is_away()
    {
        var user = "alice-" + Guid.NewGuid();
        var alice = await cluster.Api.ConnectAsync(user);
        await cluster.Api.StoreAsync(alice, bob, 1, id: "x", receipt: "delivered");
        await cluster.Api.DisconnectAsync(alice);
        var session = await cluster.Api.ConnectAsync(bob);
        await cluster.Api.SettleAsync(session, new { upTo = 1 });

        await using var later = await Listener.StartAsync(cluster.ApiOf(1), user);

        ContentOf(await later.ReceiveAsync()).ShouldBe(("x", "delivered"));
    }

    [Fact]
    public async Task The_receipt_for_an_expired_signal_says_so()
    {
        await using var alice = await Listener.StartAsync(cluster.Api);
        await cluster.Api.StoreAsync(alice.Session, bob, 1, id: "x", timeToLive: 1, receipt: "delivered");

        ContentOf(await alice.ReceiveAsync()).ShouldBe(("x", "expired"));
    }

    private static (string?, string?) ContentOf(JsonElement receipt)
    {
        var content = receipt.GetProperty("content");
        return (content.GetProperty("id").GetString(), content.GetProperty("outcome").GetString());
    }
}
