using SignalBroker.Tests.Demo;
using SignalBroker.Tests.Harness;
using static Microsoft.Playwright.Assertions;

namespace SignalBroker.Tests.Mqtt;

/// <summary>The demo page by MQTT.</summary>
public sealed class MqttPageTests(TestCluster cluster, Browser browser) : BrowserTests(cluster, browser)
{
    [Fact]
    public async Task It_says_how_it_listens_and_shows_every_packet_and_no_secret()
    {
        var alice = await OpenAsync(Cluster.Api, "?send=socket");

        var session = await alice.ListenAsync(Fresh("alice"));
        await Expect(alice.Detail).ToContainTextAsync("by MQTT, node ");
        await alice.SendAsync(session.UserId, "To myself");
        await Expect(alice.Messages.First.Locator("pre")).ToContainTextAsync("To myself");

        await Expect(alice.Arrows.Filter(new() { HasText = "log in (MQTT)" })).ToHaveCountAsync(1);
        await Expect(alice.Arrows.Filter(new() { HasText = "listening" })).ToHaveCountAsync(1);
        foreach (var packet in new[] { "CONNECT", "CONNACK", "SUBSCRIBE", "SUBACK", "PUBLISH", "PUBACK" })
        {
            await Expect(alice.WireLog).ToContainTextAsync(packet);
        }

        await Expect(alice.WireLog).ToContainTextAsync("passcode:••••");
        (await alice.Page.ContentAsync()).ShouldNotContain(session.Passcode);
    }
}
