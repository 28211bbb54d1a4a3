using Microsoft.Playwright;
using SignalBroker.Tests.Harness;
using static Microsoft.Playwright.Assertions;

namespace SignalBroker.Tests.Demo;

/// <summary>Everything is within the window, and can be read.</summary>
public sealed class LayoutTests(TestCluster cluster, Browser browser) : BrowserTests(cluster, browser)
{
    private const string OutOfSight = """
        () => {
          const { documentElement: root } = document;
          const isOut = (element) => {
            const { top, bottom, left, right } = element.getBoundingClientRect();
            return top < 0 || left < 0 || bottom > innerHeight + 0.5 || right > innerWidth + 0.5;
          };
          const needed = [...document.querySelectorAll(".masthead button, .stage :is(button, video, #chat-text), #views button")]
            .filter((element) => element.checkVisibility());
          return [
            ...(root.scrollHeight > innerHeight ? [`${root.scrollHeight} of ${innerHeight} pixels high`] : []),
            ...needed.filter(isOut).map((element) => element.outerHTML.slice(0, 80)),
          ];
        }
        """;

    // WCAG 2.2, 1.4.3: text has 4.5 : 1, or 3 : 1 where it is large. What lies on a picture is left out.
    private const string TooFaint = """
        () => {
          const context = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
          const paint = (colours) => {
            for (const colour of colours) {
              context.fillStyle = colour;
              context.fillRect(0, 0, 1, 1);
            }
            return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
          };
          const luminance = (pixel) => {
            const [red, green, blue] = pixel.map((part) => part / 255)
              .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
            return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
          };
          const contrast = (element) => {
            const grounds = [];
            for (let ground = element; ground; ground = ground.parentElement) {
              grounds.unshift(getComputedStyle(ground).backgroundColor);
            }
            const style = getComputedStyle(element);
            const ink = element instanceof SVGElement ? style.fill : style.color;
            const [dark, light] = [luminance(paint(grounds)), luminance(paint([...grounds, ink]))].sort((a, b) => a - b);
            return (light + 0.05) / (dark + 0.05);
          };
          const isLarge = ({ fontSize, fontWeight }) => parseFloat(fontSize) >= (fontWeight >= 700 ? 18.66 : 24);
          const seen = new Set();
          const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
          while (texts.nextNode()) {
            const element = texts.currentNode.parentElement;
            if (texts.currentNode.data.trim() && element.checkVisibility({ visibilityProperty: true })
              && !element.closest(".unseen, .words, .screen, script, [aria-disabled=true]")) {
              seen.add(element);
            }
          }
          return [...seen]
            .map((element) => [element, contrast(element), isLarge(getComputedStyle(element)) ? 3 : 4.5])
            .filter(([, found, wanted]) => found < wanted)
            .map(([element, found]) => `${found.toFixed(2)} ${element.outerHTML.slice(0, 100)}`);
        }
        """;

    private static readonly BrowserNewContextOptions Window = Sized(1280, 800);

    private static readonly BrowserNewContextOptions Phone = new()
    {
        ViewportSize = new() { Width = 360, Height = 740 },
        DeviceScaleFactor = 2,
        IsMobile = true,
        HasTouch = true,
    };

    [Fact]
    public Task A_call_fits_into_a_window_of_1280_by_800() => FitsThroughoutAsync(Window, "12-window");

    [Fact]
    public Task A_call_fits_onto_a_phone() => FitsThroughoutAsync(Phone, "12-phone");

    [Fact]
    public async Task A_phone_shows_one_thing_at_a_time()
    {
        var alice = await OpenAsync(Cluster.Api, options: Phone);
        var session = await alice.ListenAsync(Fresh("alice"));
        await alice.SendAsync(session.UserId, "Hello me");
        var views = alice.Page.GetByTestId("views");
        await Expect(views).ToContainTextAsync("Received 1");
        await Expect(alice.Messages).ToBeHiddenAsync();

        await views.GetByText("Received").TapAsync();
        await Expect(alice.Messages).ToBeVisibleAsync();
        await Expect(alice.To).ToBeHiddenAsync();
        await alice.Messages.GetByRole(AriaRole.Button).TapAsync();
        await Expect(alice.Content).ToBeFocusedAsync();

        await views.GetByText("On the wire").TapAsync();
        await Expect(alice.Arrows.First).ToBeVisibleAsync();
        (await alice.Page.EvaluateAsync<string[]>(OutOfSight)).ShouldBeEmpty();

        // Whoever answers sees the call.
        var bob = await OpenAsync(Cluster.Api);
        await bob.ListenAsync(Fresh("bob"));
        await bob.To.FillAsync(session.UserId);
        await bob.CallText.ClickAsync();
        await alice.Accept.TapAsync();
        await Expect(alice.HangUp).ToBeVisibleAsync();
        await alice.ShowsCallAsync("connected");
    }

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task Everything_can_be_read(ColorScheme scheme)
    {
        var options = Sized(1440, 900);
        options.ColorScheme = scheme;
        var alice = await OpenAsync(Cluster.Api, options: options);
        var bob = await OpenAsync(Cluster.Api);
        var bobId = Fresh("bob");
        await alice.UserId.FillAsync("not allowed");
        (await alice.Page.EvaluateAsync<string[]>(TooFaint)).ShouldBeEmpty();
        var session = await alice.ListenAsync(Fresh("alice"));
        await bob.ListenAsync(bobId);
        await alice.SendAsync(session.UserId, "{broken");
        await Expect(alice.Messages).ToHaveCountAsync(1);
        await bob.To.FillAsync(session.UserId);
        await bob.CallVideo.ClickAsync();
        await Expect(alice.Ringing).ToBeVisibleAsync();
        (await alice.Page.EvaluateAsync<string[]>(TooFaint)).ShouldBeEmpty();
        await bob.HangUp.ClickAsync();
        await Expect(alice.MissedCalls).ToHaveCountAsync(1);

        await alice.To.FillAsync(bobId);
        await alice.CallVideo.ClickAsync();
        await bob.Accept.ClickAsync();
        await Expect(alice.Path).ToBeVisibleAsync();
        await alice.ChatText.FillAsync("Hello Bob");
        await alice.ChatText.PressAsync("Enter");
        await alice.Page.Locator(".frames summary").ClickAsync();
        (await alice.Page.EvaluateAsync<string[]>(TooFaint)).ShouldBeEmpty();
        await alice.Path.EvaluateAsync("path => { path.dataset.path = 'relay'; }");
        (await alice.Page.EvaluateAsync<string[]>(TooFaint)).ShouldBeEmpty();
    }

    private async Task FitsThroughoutAsync(BrowserNewContextOptions options, string picture)
    {
        var alice = await OpenAsync(Cluster.Api, options: options);
        var bob = await OpenAsync(Cluster.Api);
        var aliceId = Fresh("alice");
        await FitsAsync(alice);
        await alice.ListenAsync(aliceId);
        await bob.ListenAsync(Fresh("bob"));
        await FitsAsync(alice);

        await bob.To.FillAsync(aliceId);
        await bob.CallVideo.ClickAsync();
        await Expect(alice.Ringing).ToBeVisibleAsync();
        await FitsAsync(alice);
        await alice.Accept.ClickAsync();
        await alice.SeesMoreAsync();
        await Expect(alice.Path).ToBeVisibleAsync();
        await FitsAsync(alice);
        for (var line = 0; line < 20; line++)
        {
            await bob.ChatText.FillAsync($"Line {line}");
            await bob.ChatText.PressAsync("Enter");
        }

        await Expect(alice.Chat).ToContainTextAsync("Line 19");
        await FitsAsync(alice);
        (await alice.Page.GetByTestId("remote-video").BoundingBoxAsync())!.Height.ShouldBeGreaterThan(120);
        (await alice.Chat.Locator("..").BoundingBoxAsync())!.Height.ShouldBeGreaterThan(40);
        await alice.PictureAsync(picture);
        await bob.HangUp.ClickAsync();
        await alice.ShowsCallAsync("ended");
        await Expect(alice.Page.Locator("html")).ToHaveJSPropertyAsync("scrollTop", 0);
        (await alice.Page.EvaluateAsync<bool>("document.documentElement.scrollHeight <= innerHeight")).ShouldBeTrue();
    }

    private static BrowserNewContextOptions Sized(int width, int height) =>
        new()
        {
            ViewportSize = new() { Width = width, Height = height },
        };

    private static async Task FitsAsync(Tab tab) =>
        (await tab.Page.EvaluateAsync<string[]>(OutOfSight)).ShouldBeEmpty();
}
