using SignalBroker.Tests.Demo;
using static Microsoft.Playwright.Assertions;

namespace SignalBroker.Tests.Edge;

[Collection(nameof(HaproxyCollection))]
public sealed class HaproxyPageTests(HaproxyServers edge, Browser browser) : PageTests(edge, browser);

[Collection(nameof(NginxCollection))]
public sealed class NginxPageTests(NginxServers edge, Browser browser) : PageTests(edge, browser);

/// <summary>The demo page over https, in a real Chromium.</summary>
public abstract class PageTests(EdgeServers edge, Browser browser)
{
    [Theory]
    [InlineData("STOMP")]
    [InlineData("MQTT")]
    [InlineData("server-sent events")]
    public async Task Two_people_exchange_messages(string by)
    {
        if (by == "MQTT")
        {
            edge.NeedMqtt();
        }

        await using var window = await browser.OpenWindowAsync(new() { IgnoreHTTPSErrors = true });
        var query = by switch
        {
            "STOMP" => "?listen=stomp",
            "MQTT" => "?send=socket",
            _ => "?listen=sse",
        };
        var alice = await Tab.OpenAsync(window, edge.Api, query);
        var bob = await Tab.OpenAsync(window, edge.Api, query);
        await alice.ListenAsync();
        var session = await bob.ListenAsync();
        await Expect(alice.Detail).ToContainTextAsync(by);

        await alice.SendAsync(session.UserId, "Hello Bob");

        await Expect(bob.Messages.First.Locator("pre")).ToContainTextAsync("Hello Bob");
        alice.Complaints.ShouldBeEmpty();
        bob.Complaints.ShouldBeEmpty();
    }
}
