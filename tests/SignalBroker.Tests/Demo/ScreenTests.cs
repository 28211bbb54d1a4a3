using Microsoft.Playwright;
using SignalBroker.Tests.Harness;
using static Microsoft.Playwright.Assertions;

namespace SignalBroker.Tests.Demo;

/// <summary>The demo page on a phone, in the dark, and in windows of several widths.</summary>
public sealed class ScreenTests(TestCluster cluster, Browser browser) : BrowserTests(cluster, browser)
{
    // Boxes that scroll up and down are no excuse: what is in them has to fit, too.
    private const string TooWide = """
        () => {
          const { documentElement: root } = document;
          const sticksOut = (element) => element.getBoundingClientRect().right > root.clientWidth + 0.5;
          const scrollsSideways = (element) =>
            element.scrollWidth > element.clientWidth + 1 && ["auto", "scroll"].includes(getComputedStyle(element).overflowX);
          const tooWide = [...document.querySelectorAll("body *:not(.unseen, .unseen *, .words, .words *)")]
            .filter((element) => sticksOut(element) || scrollsSideways(element));
          return [...tooWide, ...(root.scrollWidth > root.clientWidth ? [root] : [])]
            .map((element) => element.outerHTML.slice(0, 80));
        }
        """;

    private const string Endless = "WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW";

    [Fact]
    public async Task A_phone_shows_everything_without_scrolling_sideways()
    {
        var wordy = Endless + Fresh("a");
        var alice = await OpenAsync(
            Cluster.Api,
            options: new()
            {
                ViewportSize = new() { Width = 360, Height = 740 },
                DeviceScaleFactor = 2,
                IsMobile = true,
                HasTouch = true,
            }
        );
        await FitsAsync(alice);

        await alice.UserId.FillAsync("not allowed");
        await FitsAsync(alice);
        await alice.ListenAsync(wordy, "phone");
        await FitsAsync(alice);
        await alice.SendAsync(wordy, Endless + Endless);
        await Expect(alice.Messages).ToHaveCountAsync(1);
        await Cluster.Api.ExchangeAsync(
            await Cluster.Api.ConnectAsync(wordy),
            new
            {
                to = wordy,
                type = Endless[..64],
                content = new { text = Endless },
            }
        );
        await Expect(alice.Messages).ToHaveCountAsync(2);
        await FitsAsync(alice);
        await alice.PictureAsync("8-phone");

        var caller = await OpenAsync(Cluster.Api);
        await caller.ListenAsync(Endless + Fresh("b"));
        await caller.To.FillAsync(wordy);
        await caller.CallVideo.ClickAsync();
        await Expect(alice.Ringing).ToBeVisibleAsync();
        await FitsAsync(alice);
        await alice.PictureAsync("8-phone-ringing");
        await alice.Accept.TapAsync();
        await alice.ShowsCallAsync("connected");
        await alice.SeesMoreAsync();
        await Expect(alice.Path).ToContainTextAsync("host to host");
        await alice.ChatText.FillAsync(Endless);
        await alice.ChatText.PressAsync("Enter");
        await caller
            .Page.GetByTestId("file-picker")
            .SetInputFilesAsync(
                new FilePayload
                {
                    Name = Endless + ".txt",
                    MimeType = "text/plain",
                    Buffer = [1],
                }
            );
        await Expect(alice.Files).ToHaveAttributeAsync("data-state", "done");
        await FitsAsync(alice);
        await alice.PictureAsync("8-phone-call");
        await caller.HangUp.ClickAsync();
        await alice.ShowsCallAsync("ended");
        await FitsAsync(alice);

        await alice.Disconnect.TapAsync();
        await alice.ShowsAsync("signed-out");
        await FitsAsync(alice);
        await alice.PictureAsync("8-phone-signed-out");
    }

    [Theory]
    [InlineData(ColorScheme.Light, 1440)]
    [InlineData(ColorScheme.Dark, 1440)]
    [InlineData(ColorScheme.Dark, 800)]
    public async Task The_page_follows_the_persons_colours_and_the_windows_width(ColorScheme scheme, int width)
    {
        var alice = await OpenAsync(
            Cluster.Api,
            options: new()
            {
                ColorScheme = scheme,
                ViewportSize = new() { Width = width, Height = 900 },
            }
        );
        var session = await alice.ListenAsync(Fresh("alice"), "laptop");
        await using var bob = await ClientListener.StartAsync(Cluster.Api, Fresh("bob"));
        await Cluster.Api.ExchangeAsync(
            bob.Session,
            new
            {
                to = session.UserId,
                type = "chat",
                content = "Hello Alice",
            }
        );
        await Expect(alice.Messages).ToHaveCountAsync(1);
        await alice.SendAsync(bob.Session.UserId, """{"kind":"answer","sdp":"v=0"}""");
        await Expect(alice.Outcome).ToContainTextAsync("the broker has it");

        var other = await OpenAsync(Cluster.Api);
        await other.ListenAsync(Fresh("carol"));
        await alice.To.FillAsync((await other.MyUserId.TextContentAsync())!);
        await alice.CallVideo.ClickAsync();
        await other.Accept.ClickAsync();
        await alice.SeesMoreAsync();
        await alice.ChatText.FillAsync("Hello Carol");
        await alice.ChatText.PressAsync("Enter");

        await FitsAsync(alice);
        await alice.PictureAsync($"9-{scheme}-{width}".ToLowerInvariant());
        var ground = await alice.Page.EvaluateAsync<int>(
            "Number(getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0])"
        );
        (ground < 128).ShouldBe(scheme == ColorScheme.Dark);
    }

    private static async Task FitsAsync(Tab tab) => (await tab.Page.EvaluateAsync<string[]>(TooWide)).ShouldBeEmpty();
}
