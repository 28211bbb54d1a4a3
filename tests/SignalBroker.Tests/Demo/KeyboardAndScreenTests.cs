using Microsoft.Playwright;
using SignalBroker.Tests.Harness;
using static Microsoft.Playwright.Assertions;

namespace SignalBroker.Tests.Demo;

/// <summary>The demo page without a mouse, on a phone, in the dark.</summary>
public sealed class KeyboardAndScreenTests(TestCluster cluster, Browser browser) : BrowserTests(cluster, browser)
{
    private const int MoreTabsThanThePageHas = 30;

    private const string FocusIsVisible = """
        () => {
          const focused = document.activeElement;
          const { outlineStyle, outlineWidth } = getComputedStyle(focused);
          const { top, bottom, width, height } = focused.getBoundingClientRect();
          return focused.matches(":focus-visible") && outlineStyle !== "none" && parseFloat(outlineWidth) >= 2
            && width > 0 && height > 0 && bottom > 0 && top < innerHeight;
        }
        """;

    // Boxes that scroll up and down are no excuse: what is in them has to fit, too.
    private const string TooWide = """
        () => {
          const { documentElement: root } = document;
          const sticksOut = (element) => element.getBoundingClientRect().right > root.clientWidth + 0.5;
          const scrollsSideways = (element) =>
            element.scrollWidth > element.clientWidth + 1 && ["auto", "scroll"].includes(getComputedStyle(element).overflowX);
          const tooWide = [...document.querySelectorAll("body *:not(.spark, .unseen)")]
            .filter((element) => sticksOut(element) || scrollsSideways(element));
          return [...tooWide, ...(root.scrollWidth > root.clientWidth ? [root] : [])]
            .map((element) => element.outerHTML.slice(0, 80));
        }
        """;

    private const string Endless = "WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW";

    [Fact]
    public async Task Everything_can_be_done_with_the_keyboard()
    {
        var (aliceId, bobId) = (Fresh("alice"), Fresh("bob"));
        await using var bob = await Listener.StartAsync(Cluster.Api, bobId);
        var alice = await OpenAsync(Cluster.Api);
        var keyboard = alice.Page.Keyboard;

        await TabToAsync(alice, alice.UserId);
        await keyboard.TypeAsync(aliceId);
        await TabToAsync(alice, alice.Device);
        await keyboard.TypeAsync("keyboard");
        await TabToAsync(alice, alice.Connect);
        await keyboard.PressAsync("Enter");
        await alice.ShowsAsync("listening");
        await Expect(alice.Connect).ToBeFocusedAsync();

        await TabToAsync(alice, alice.To);
        await keyboard.TypeAsync(bobId);
        await TabToAsync(alice, alice.Content);
        await keyboard.TypeAsync("Typed");
        await TabToAsync(alice, alice.Send);
        await keyboard.PressAsync("Enter");
        (await bob.ReceiveAsync()).GetProperty("content").GetString().ShouldBe("Typed");
        await Expect(alice.Outcome).ToContainTextAsync("on its way", new() { IgnoreCase = true });
        await Expect(alice.Send).ToBeFocusedAsync();

        await Cluster.Api.ExchangeAsync(bob.Session, new { to = aliceId, content = "Answer me" });
        var reply = alice.Messages.GetByRole(AriaRole.Button, new() { Name = $"Reply to {bobId}" });
        await Expect(reply).ToBeVisibleAsync();
        await TabToAsync(alice, reply);
        await keyboard.PressAsync("Enter");
        await Expect(alice.Content).ToBeFocusedAsync();
        await keyboard.PressAsync("ControlOrMeta+a");
        await keyboard.TypeAsync("Answered");
        await keyboard.PressAsync("Control+Enter");
        (await bob.ReceiveAsync()).GetProperty("content").GetString().ShouldBe("Answered");

        await TabToAsync(alice, alice.Disconnect, "Shift+Tab");
        await alice.PictureAsync("7-keyboard");
        await keyboard.PressAsync("Enter");
        await alice.ShowsAsync("disconnected");
        await TabToAsync(alice, alice.UserId, "Shift+Tab");
        await keyboard.PressAsync("Enter");
        await alice.ShowsAsync("listening");
    }

    [Fact]
    public async Task Everything_that_takes_the_focus_has_a_name()
    {
        var alice = await OpenAsync(Cluster.Api);
        var session = await alice.ListenAsync(Fresh("alice"));
        await alice.SendAsync(session.UserId, "Hello me");
        await Expect(alice.Messages).ToHaveCountAsync(1);

        foreach (var control in await alice.Page.Locator("input, textarea, button, a, [tabindex='0']").AllAsync())
        {
            await Expect(control).Not.ToHaveAccessibleNameAsync("");
        }

        await Expect(alice.UserId).ToHaveAccessibleNameAsync("User id");
        await Expect(alice.UserId).ToHaveAccessibleDescriptionAsync("Allowed: A–Z a–z 0–9 . _ ~ @ + : -");
        await Expect(alice.Device).ToHaveAccessibleNameAsync("Device optional");
        await Expect(alice.To).ToHaveAccessibleNameAsync("To user");
        await Expect(alice.Content).ToHaveAccessibleNameAsync("Message text or JSON");
        await Expect(alice.Page.GetByTestId("announcer")).ToContainTextAsync("Hello me");
    }

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

        await alice.Disconnect.TapAsync();
        await alice.ShowsAsync("disconnected");
        await FitsAsync(alice);
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
        await using var bob = await Listener.StartAsync(Cluster.Api, Fresh("bob"));
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

        await FitsAsync(alice);
        await alice.PictureAsync($"9-{scheme}-{width}".ToLowerInvariant());
        var ground = await alice.Page.EvaluateAsync<int>(
            "Number(getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0])"
        );
        (ground < 128).ShouldBe(scheme == ColorScheme.Dark);
    }

    /// <summary>Presses Tab until the target has the focus; at each stop one must see where one is.</summary>
    private static async Task TabToAsync(Tab tab, ILocator target, string key = "Tab")
    {
        for (var stop = 0; stop < MoreTabsThanThePageHas; stop++)
        {
            await tab.Page.Keyboard.PressAsync(key);
            var focused = await tab.Page.EvaluateAsync<string>("document.activeElement.outerHTML");
            (await tab.Page.EvaluateAsync<bool>(FocusIsVisible)).ShouldBeTrue(
                $"The focus is not to be seen on {focused}"
            );
            if (await target.EvaluateAsync<bool>("element => element === document.activeElement"))
            {
                return;
            }
        }

        throw new ShouldAssertException($"{key} never reaches {target}.");
    }

    private static async Task FitsAsync(Tab tab) => (await tab.Page.EvaluateAsync<string[]>(TooWide)).ShouldBeEmpty();
}
