using SignalBroker.Tests.Turn;
using static Microsoft.Playwright.Assertions;

namespace SignalBroker.Tests.Demo;

/// <summary>A call from page to page where no direct path is allowed.</summary>
[Collection<BrowserCollection>]
public sealed class RelayPageTests(Browser browser, TurnCluster servers) : IClassFixture<TurnCluster>
{
    [Fact]
    public async Task With_relay_in_the_address_the_call_goes_through_the_TURN_server()
    {
        await using var window = await browser.OpenWindowAsync();
        var alice = await Tab.OpenAsync(window, servers.Api, "?user=alice&autoconnect=1&to=bob&relay=1");
        var bob = await Tab.OpenAsync(window, servers.Api, "?user=bob&autoconnect=1&relay=1");
        await alice.ShowsAsync("listening");
        await bob.ShowsAsync("listening");

        await alice.CallVideo.ClickAsync();
        await bob.Accept.ClickAsync();

        await Expect(alice.Path).ToHaveAttributeAsync("data-path", "relay");
        // By UDP or by TCP: which of the two the browsers settle on depends on whose answer came first.
        await Expect(bob.Path).ToContainTextAsync("relayed by a TURN server, ");
        await alice.SeesMoreAsync();
        await alice.PictureAsync("call-9-relay");
        alice.Complaints.Concat(bob.Complaints).ShouldBeEmpty();
    }
}
