using Microsoft.Playwright;
using SignalBroker.Tests.Harness;
using static Microsoft.Playwright.Assertions;

namespace SignalBroker.Tests.Demo;

/// <summary>The demo page without a mouse.</summary>
public sealed class KeyboardTests(TestCluster cluster, Browser browser) : BrowserTests(cluster, browser)
{
    private const int MoreTabsThanThePageHas = 40;

    private const string FocusIsVisible = """
        () => {
          const focused = document.activeElement;
          const { outlineStyle, outlineWidth } = getComputedStyle(focused);
          const { top, bottom, width, height } = focused.getBoundingClientRect();
          return focused.matches(":focus-visible") && outlineStyle !== "none" && parseFloat(outlineWidth) >= 2
            && width > 0 && height > 0 && bottom > 0 && top < innerHeight;
        }
        """;

    [Fact]
    public async Task Signing_in_and_signals_need_no_mouse()
    {
        var (aliceId, bobId) = (Fresh("alice"), Fresh("bob"));
        await using var bob = await ClientListener.StartAsync(Cluster.Api, bobId);
        var alice = await OpenAsync(Cluster.Api);
        var keyboard = alice.Page.Keyboard;

        await Expect(alice.UserId).ToBeFocusedAsync();
        await keyboard.TypeAsync(aliceId);
        await TabToAsync(alice, alice.Page.Locator(".options summary"));
        await keyboard.PressAsync("Enter");
        await TabToAsync(alice, alice.Device);
        await keyboard.TypeAsync("keyboard");
        await TabToAsync(alice, alice.Connect);
        await keyboard.PressAsync("Enter");
        await alice.ShowsAsync("listening");
        await Expect(alice.To).ToBeFocusedAsync();

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
        await alice.ShowsAsync("signed-out");
        await Expect(alice.UserId).ToBeFocusedAsync();
        await keyboard.PressAsync("Enter");
        await alice.ShowsAsync("listening");
    }

    [Fact]
    public async Task A_call_needs_no_mouse()
    {
        var alice = await OpenAsync(Cluster.Api);
        var bob = await OpenAsync(Cluster.Api);
        // Long before the key is pressed: the browser has to know by then that nobody will see its dialog.
        var choosing = bob.Page.WaitForFileChooserAsync(new() { Timeout = 180_000 });
        var bobId = Fresh("bob");
        await bob.ListenAsync(bobId);
        await alice.ListenAsync(Fresh("alice"));

        await Expect(alice.To).ToBeFocusedAsync();
        await alice.Page.Keyboard.TypeAsync(bobId);
        await TabToAsync(alice, alice.CallText);
        await alice.Page.Keyboard.PressAsync("Enter");
        await Expect(alice.HangUp).ToBeFocusedAsync();
        await Expect(bob.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("calls: text and files");
        await Expect(bob.Accept).ToBeFocusedAsync();
        await TabToAsync(bob, bob.Decline);
        await TabToAsync(bob, bob.Accept, "Shift+Tab");
        await bob.Page.Keyboard.PressAsync("Enter");
        await bob.ShowsCallAsync("connected");
        await Expect(bob.HangUp).ToBeFocusedAsync();

        await TabToAsync(alice, alice.ChatText);
        await alice.Page.Keyboard.TypeAsync("Typed");
        await alice.Page.Keyboard.PressAsync("Enter");
        await Expect(bob.Chat).ToContainTextAsync("Typed");
        var attach = bob.Page.GetByTestId("attach");
        await TabToAsync(bob, attach);
        await bob.Page.Keyboard.PressAsync("Enter");
        await (await choosing).SetFilesAsync(
            new FilePayload
            {
                Name = "notes.txt",
                MimeType = "text/plain",
                Buffer = [1, 2, 3],
            }
        );
        var download = alice.Page.GetByRole(AriaRole.Link, new() { Name = "Download notes.txt" });
        await Expect(download).ToBeVisibleAsync();
        await TabToAsync(alice, download, "Shift+Tab");
        await alice.Page.RunAndWaitForDownloadAsync(() => alice.Page.Keyboard.PressAsync("Enter"));

        await TabToAsync(alice, alice.Page.GetByTestId("in-words"));
        await alice.Page.Keyboard.PressAsync("Enter");
        await Expect(alice.Page.GetByTestId("sequence-words")).ToContainTextAsync("ring");
        await TabToAsync(alice, alice.HangUp, "Shift+Tab");
        await alice.Page.Keyboard.PressAsync("Enter");
        await alice.ShowsCallAsync("ended");
        await Expect(alice.To).ToBeFocusedAsync();
        await bob.ShowsCallAsync("ended");
    }

    [Fact]
    public async Task A_ring_takes_the_focus_from_nobody_who_is_writing_and_gives_it_back()
    {
        var alice = await OpenAsync(Cluster.Api);
        var aliceId = Fresh("alice");
        var bob = await OpenAsync(Cluster.Api, $"?user={Fresh("bob")}&autoconnect=1&to={aliceId}");
        await bob.ShowsAsync("listening");
        await Expect(bob.To).ToBeFocusedAsync();
        await alice.ListenAsync(aliceId);
        await alice.Content.FocusAsync();

        await bob.CallText.ClickAsync();
        await Expect(alice.Accept).ToBeFocusedAsync();
        await bob.HangUp.ClickAsync();
        await Expect(alice.Content).ToBeFocusedAsync();

        // Somebody writes without end, and a space would accept.
        await alice.Page.EvaluateAsync(
            """
            () => void setInterval(() => {
              const { activeElement } = document;
              if (activeElement.id === "content") {
                activeElement.value += " a";
                activeElement.dispatchEvent(new Event("input", { bubbles: true }));
              }
            }, 50)
            """
        );
        await Eventually.HoldsAsync(async () => (await alice.Content.InputValueAsync()).ShouldContain("a a a"));
        await bob.CallText.ClickAsync();
        await Expect(alice.Ringing).ToBeVisibleAsync();
        await Expect(alice.Content).ToBeFocusedAsync();
        await alice.Decline.ClickAsync();
        await bob.ShowsCallAsync("ended");
    }

    [Fact]
    public async Task A_key_that_was_pressed_as_it_began_to_ring_accepts_nothing()
    {
        var alice = await OpenAsync(Cluster.Api);
        var bob = await OpenAsync(Cluster.Api);
        var aliceId = Fresh("alice");
        await alice.ListenAsync(aliceId);
        await bob.ListenAsync(Fresh("bob"));
        await alice.Page.EvaluateAsync(
            """
            () => {
              window.pressed = 0;
              new MutationObserver(() => {
                const accept = document.getElementById("accept");
                if (accept === document.activeElement && pressed++ === 0) {
                  accept.click();
                }
              }).observe(document.getElementById("ringing"), { attributes: true });
            }
            """
        );

        await bob.To.FillAsync(aliceId);
        await bob.CallText.ClickAsync();
        await Expect(alice.Ringing).ToBeVisibleAsync();
        await Eventually.HoldsAsync(async () => (await alice.Page.EvaluateAsync<int>("pressed")).ShouldBe(1));
        await Expect(alice.Ringing).ToBeVisibleAsync();
        await alice.Accept.ClickAsync();
        await alice.ShowsCallAsync("connected");
    }

    [Fact]
    public async Task Everything_that_takes_the_focus_has_a_name()
    {
        var alice = await OpenAsync(Cluster.Api);
        var session = await alice.ListenAsync(Fresh("alice"));
        await alice.SendAsync(session.UserId, "Hello me");
        await Expect(alice.Messages).ToHaveCountAsync(1);
        await using var bob = await ClientListener.StartAsync(Cluster.Api, Fresh("bob"));
        await alice.To.FillAsync(bob.Session.UserId);
        await alice.CallVideo.ClickAsync();
        await alice.ShowsCallAsync("calling");

        const string Controls = "input, textarea, select, button, a, summary, video, progress, [tabindex='0']";
        foreach (var control in await alice.Page.Locator(Controls).Filter(new() { Visible = true }).AllAsync())
        {
            await Expect(control).Not.ToHaveAccessibleNameAsync("");
        }

        await Expect(alice.To).ToHaveAccessibleNameAsync("User id");
        await Expect(alice.Content).ToHaveAccessibleNameAsync("Or send one signal text or JSON");
        await Expect(alice.HangUp).ToHaveAccessibleNameAsync("Hang up");
        await Expect(alice.Page.GetByTestId("announcer")).ToContainTextAsync("Hello me");
        await Expect(alice.Page.GetByTestId("announcer")).ToContainTextAsync($"Calling {bob.Session.UserId}");
        await alice.HangUp.ClickAsync();
        await alice.Disconnect.ClickAsync();
        await Expect(alice.UserId).ToHaveAccessibleNameAsync("User id");
        await Expect(alice.UserId)
            .ToHaveAccessibleDescriptionAsync(
                "Letters, digits and signs, but no spaces, emoji or any of , % \" < >, or nothing to be anonymous"
            );
        await alice.Page.Locator(".options summary").ClickAsync();
        foreach (var control in await alice.Page.Locator(Controls).Filter(new() { Visible = true }).AllAsync())
        {
            await Expect(control).Not.ToHaveAccessibleNameAsync("");
        }
    }

    /// <summary>Presses Tab until the target has the focus; at each stop one must see where one is.</summary>
    private static async Task TabToAsync(Tab tab, ILocator target, string key = "Tab")
    {
        for (var stop = 0; stop < MoreTabsThanThePageHas; stop++)
        {
            await tab.Page.Keyboard.PressAsync(key);
            var focused = await tab.Page.EvaluateAsync<string>("document.activeElement.outerHTML");
            // What has just come may be on its way into the window.
            await Eventually.HoldsAsync(async () =>
                (await tab.Page.EvaluateAsync<bool>(FocusIsVisible)).ShouldBeTrue(
                    $"The focus is not to be seen on {focused}"
                )
            );
            if (await target.EvaluateAsync<bool>("element => element === document.activeElement"))
            {
                return;
            }
        }

        throw new ShouldAssertException($"{key} never reaches {target}.");
    }
}
