using Microsoft.Playwright;
using SignalBroker.Tests.Demo;
using SignalBroker.Tests.Harness;
using SignalBroker.Tests.Inbox;

namespace SignalBroker.Tests.Push;

/// <summary>
/// A page in Chromium subscribes with the TypeScript client, and its service worker shows what is pushed. Chromium's own
/// push service is out of reach: the test's stands in for it, and hands what it has decrypted to Chromium over the
/// DevTools protocol.
/// </summary>
[Collection<PushCollection>]
public sealed class PushPageTests(PushCluster cluster, WholeBrowser browser)
{
    // What Chromium would do if it reached its push service.
    private const string StandIn = """
        (given) => {
          let subscription = null;
          PushManager.prototype.getSubscription = async () => subscription;
          PushManager.prototype.subscribe = async ({ userVisibleOnly, applicationServerKey }) => {
            globalThis.subscribedWith = { userVisibleOnly, key: Array.from(applicationServerKey) };
            return subscription = {
              endpoint: given.endpoint,
              options: { userVisibleOnly, applicationServerKey: applicationServerKey.buffer },
              toJSON: () => given,
              unsubscribe: async () => { subscription = null; return true; },
            };
          };
        }
        """;

    private const string Enable = """
        async (userId) => {
          const { connect } = await import("/signalbroker.min.js");
          globalThis.told = [];
          navigator.serviceWorker.addEventListener("message", ({ data }) => told.push(data));
          await navigator.serviceWorker.register("/serviceWorker.js");
          globalThis.registration = await navigator.serviceWorker.ready;
          globalThis.me = await connect({ url: location.origin, userId });
          await me.enablePush(registration, { content: true });
          return subscribedWith;
        }
        """;

    private readonly string bob = "bob-" + Guid.NewGuid();

    [Fact]
    public async Task A_page_subscribes_and_its_service_worker_shows_what_is_pushed()
    {
        await using var window = await browser.OpenWindowAsync();
        var page = await window.NewPageAsync();
        var origin = cluster.Servers.Webapps[0].PublicAddress;
        await window.GrantPermissionsAsync(["notifications"], new() { Origin = origin });
        await page.GotoAsync(origin);
        var devTools = await window.NewCDPSessionAsync(page);
        var registrationId = RegistrationIdAsync(devTools, origin);
        await devTools.SendAsync("ServiceWorker.enable");
        var registration = cluster.Service.Register();
        var given = registration.Subscriber.ToJson();
        given.Remove("content");

        await page.EvaluateAsync(StandIn, given);
        var with = (await page.EvaluateAsync(Enable, bob))!.Value;
        with.GetProperty("userVisibleOnly").GetBoolean().ShouldBeTrue();
        var key = with.GetProperty("key").EnumerateArray().Select(number => number.GetByte()).ToArray();
        System.Buffers.Text.Base64Url.EncodeToString(key).ShouldBe(cluster.PublicKey);
        await page.EvaluateAsync("() => me.close()");
        var alice = await cluster.Api.ConnectAsync();
        await cluster.Api.StoreAsync(alice, bob, "are you there?");
        var pushed = await registration.NextAsync();
        await devTools.SendAsync(
            "ServiceWorker.deliverPushMessage",
            new Dictionary<string, object>
            {
                ["origin"] = origin,
                ["registrationId"] = await registrationId,
                ["data"] = pushed.Text,
            }
        );

        await Eventually.HoldsAsync(async () =>
            (
                await page.EvaluateAsync<string[]>(
                    "async () => (await registration.getNotifications()).map(({ title, body }) => `${title} / ${body}`)"
                )
            ).ShouldBe([$"A signal waits for you / From {alice.UserId}: \"are you there?\""])
        );
        (await page.EvaluateAsync<string>("() => told[0].signal.content")).ShouldBe("are you there?");
    }

    [Fact]
    public async Task A_page_ends_its_subscription()
    {
        await using var window = await browser.OpenWindowAsync();
        var page = await window.NewPageAsync();
        await page.GotoAsync(cluster.Servers.Webapps[0].PublicAddress);
        var registration = cluster.Service.Register();
        await page.EvaluateAsync(StandIn, registration.Subscriber.ToJson());
        await page.EvaluateAsync(Enable, bob);
        var session = await cluster.Api.ConnectAsync(bob);
        (await cluster.Api.SubscriptionsAsync(session)).ShouldBe([registration.Subscriber.Endpoint.AbsoluteUri]);

        await page.EvaluateAsync("() => me.disablePush(registration)");

        (await cluster.Api.SubscriptionsAsync(session)).ShouldBeEmpty();
    }

    private static async Task<string> RegistrationIdAsync(ICDPSession devTools, string origin)
    {
        var found = new TaskCompletionSource<string>();
        devTools.Event("ServiceWorker.workerRegistrationUpdated").OnEvent += (_, update) =>
        {
            foreach (var registration in update!.Value.GetProperty("registrations").EnumerateArray())
            {
                if (registration.GetProperty("scopeURL").GetString()!.StartsWith(origin, StringComparison.Ordinal))
                {
                    found.TrySetResult(registration.GetProperty("registrationId").GetString()!);
                }
            }
        };
        return await found.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }
}
