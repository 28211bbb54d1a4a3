using Microsoft.Playwright;
using SignalBroker.Tests.Client;
using SignalBroker.Tests.Harness;
using static Microsoft.Playwright.Assertions;

namespace SignalBroker.Tests.Demo;

/// <summary>The demo page between Firefox and Chromium.</summary>
public sealed class FirefoxPageTests(TestCluster cluster, Browser browser, Firefox firefox)
    : BrowserTests(cluster, browser),
        IClassFixture<Firefox>
{
    [Fact]
    public async Task Users_of_Firefox_and_Chromium_see_each_other_and_send_a_file()
    {
        var (aliceId, bobId) = (Fresh("alice"), Fresh("bob"));
        await using var window = await firefox.OpenWindowAsync();
        var alice = await Tab.OpenAsync(window, Cluster.Api, $"?user={aliceId}&autoconnect=1&to={bobId}");
        var bob = await OpenAsync(Cluster.Api);
        await bob.ListenAsync(bobId);
        await alice.ShowsAsync("listening");

        await alice.CallVideo.ClickAsync();
        await bob.Accept.ClickAsync();

        await bob.SeesMoreAsync();
        // Firefox counts no frames of a stream that comes from a peer, but says when it has shown the first one.
        await Expect(alice.Arrows.Filter(new() { HasText = "first picture" })).ToHaveCountAsync(1);
        await Expect(alice.Page.GetByTestId("figures")).ToContainTextAsync("frames/s");
        await Expect(bob.Page.GetByTestId("attach")).ToHaveAttributeAsync("aria-disabled", "false");
        await bob
            .Page.GetByTestId("file-picker")
            .SetInputFilesAsync(
                new FilePayload
                {
                    Name = "plan.pdf",
                    MimeType = "application/pdf",
                    Buffer = new byte[1_000_000],
                }
            );
        await Expect(alice.Files).ToContainTextAsync("its SHA-256 agrees");
        await Expect(bob.Files).ToContainTextAsync("Arrived whole");
        await alice.HangUp.ClickAsync();
        await Expect(bob.CallState).ToHaveTextAsync($"{aliceId} hung up.");
        alice.Complaints.ShouldBeEmpty();
    }
}
