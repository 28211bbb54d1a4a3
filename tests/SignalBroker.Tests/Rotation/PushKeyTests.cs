using System.Net;
using SignalBroker.Push;
using SignalBroker.Tests.Harness;
using SignalBroker.Tests.Inbox;
using SignalBroker.Tests.Push;

namespace SignalBroker.Tests.Rotation;

/// <summary>The key by which push services know the server, with which browsers have subscribed.</summary>
[Collection(nameof(RotationCollection))]
public sealed class PushKeyTests(RotationCluster cluster)
{
    [Fact]
    public async Task Browsers_are_woken_whichever_key_they_have_subscribed_with()
    {
        var (old, other) = (cluster.PushKey, cluster.NewPushKey());
        var (bob, subscribed) = await SubscribeAsync();
        subscribed.PublicKey.ShouldBe(old.PublicKey);
        var sender = await cluster.Api.ConnectAsync();
        await using var load = await Load.StartAsync(
            cluster.Api,
            () => WakeAsync(sender, bob, subscribed),
            async () =>
            {
                var (carol, fresh) = await SubscribeAsync();
                await WakeAsync(sender, carol, fresh);
            }
        );

        Tell(old, other);
        await cluster.ReplaceWebappsAsync();
        Tell(other, old);
        await cluster.ReplaceWebappsAsync();
        var (dan, fresh) = await SubscribeAsync();
        fresh.PublicKey.ShouldBe(other.PublicKey);
        await load.StopAsync();

        Tell(other, second: null);
        await cluster.ReplaceWebappsAsync();
        await WakeAsync(sender, dan, fresh);
        var tries = subscribed.Tries.Count;
        (await cluster.Api.StoreAsync(sender, bob, 1)).ShouldBeStored();
        await Eventually.HoldsAsync(() => subscribed.Tries.Count.ShouldBe(tries + 1));
        subscribed.Arrived.Reader.TryRead(out _).ShouldBeFalse();
    }

    private void Tell(VapidKey first, VapidKey? second)
    {
        cluster.Settings["Push:PrivateKey"] = first.PrivateKey;
        cluster.Settings.Remove("Push:OtherPrivateKey");
        if (second is not null)
        {
            cluster.Settings["Push:OtherPrivateKey"] = second.PrivateKey;
        }
    }

    // As a page does, with the key that it is told, and then its user goes away.
    private async Task<(string UserId, Registration Browser)> SubscribeAsync()
    {
        var session = await cluster.Api.ConnectAsync();
        var key = (await cluster.Api.GetAsync("/push/key")).Json.GetProperty("publicKey").GetString();
        var browser = cluster.PushService.Register(key);
        var answer = await cluster.Api.PutSubscriptionAsync(session, browser.Subscriber.ToJson(content: true));
        answer.Status.ShouldBe(HttpStatusCode.NoContent, answer.Body);
        await cluster.Api.DisconnectAsync(session);
        return (session.UserId, browser);
    }

    private async Task WakeAsync(ConnectedSession sender, string userId, Registration browser)
    {
        var content = Guid.NewGuid().ToString();
        (await cluster.Api.StoreAsync(sender, userId, content)).ShouldBeStored();
        var push = await browser.NextAsync();
        push.Message.GetProperty("signal").GetProperty("content").GetString().ShouldBe(content);
    }
}
