using System.Security.Cryptography;
using Microsoft.Playwright;
using SignalBroker.Tests.Harness;
using static Microsoft.Playwright.Assertions;

namespace SignalBroker.Tests.Demo;

/// <summary>Calls from page to page.</summary>
public sealed class CallPageTests(TestCluster cluster, Browser browser) : BrowserTests(cluster, browser)
{
    [Fact]
    public async Task Two_people_see_each_other_and_the_path_and_the_other_hears_of_the_end()
    {
        var (alice, bob) = await MeetAsync();

        await alice.CallVideo.ClickAsync();
        await alice.ShowsCallAsync("calling");
        await Expect(bob.Ringing).ToContainTextAsync("video call");
        await bob.PictureAsync("call-2-ringing");
        await bob.Accept.ClickAsync();

        foreach (var tab in new[] { alice, bob })
        {
            await tab.ShowsCallAsync("connected");
            await tab.SeesMoreAsync();
            await Expect(tab.Path).ToHaveAttributeAsync("data-path", "host");
            await Expect(tab.Path).ToHaveTextAsync("direct, host to host, UDP");
            await Expect(tab.Page.GetByTestId("figures")).ToContainTextAsync("candidates host ⇄ host");
            await Expect(tab.Page.GetByTestId("own-video")).ToBeVisibleAsync();
        }

        await alice.PictureAsync("call-3-connected");
        await bob.HangUp.ClickAsync();
        await Expect(alice.CallState).ToHaveTextAsync($"{await bob.MyUserId.TextContentAsync()} hung up.");
        await Expect(bob.CallState).ToHaveTextAsync("You hung up.");
        await Expect(alice.Path).ToBeHiddenAsync();
        foreach (var tab in new[] { alice, bob })
        {
            (await CamerasInUseAsync(tab)).ShouldBe(0);
            await Expect(tab.CallVideo).ToHaveAttributeAsync("aria-disabled", "false");
        }
    }

    [Fact]
    public async Task Muting_and_the_camera_switch_stop_what_the_other_gets()
    {
        const string Tracks = "video => video.srcObject.getTracks().map(({ kind, enabled }) => `${kind} ${enabled}`)";
        var (alice, bob) = await MeetAsync();
        await CallAsync(alice, bob);
        var own = alice.Page.GetByTestId("own-video");

        await alice.Page.GetByTestId("mute").ClickAsync();
        await alice.Page.GetByTestId("camera").ClickAsync();

        (await own.EvaluateAsync<string[]>(Tracks)).Order().ShouldBe(["audio false", "video false"]);
        await Expect(alice.Page.GetByTestId("mute")).ToHaveAttributeAsync("aria-pressed", "true");
        await Eventually.HoldsAsync(async () => (await BrightnessAsync(bob)).ShouldBeLessThan(10));
        await alice.Page.GetByTestId("mute").ClickAsync();
        await alice.Page.GetByTestId("camera").ClickAsync();
        (await own.EvaluateAsync<string[]>(Tracks)).Order().ShouldBe(["audio true", "video true"]);
        await Eventually.HoldsAsync(async () => (await BrightnessAsync(bob)).ShouldBeGreaterThan(20));
    }

    [Fact]
    public async Task Without_pictures_two_people_write_and_send_a_file_that_arrives_whole()
    {
        var (alice, bob) = await MeetAsync();
        var bytes = RandomNumberGenerator.GetBytes(5_000_000);

        await alice.CallText.ClickAsync();
        await Expect(bob.Ringing).ToContainTextAsync("text and files");
        await bob.Accept.ClickAsync();
        await alice.ShowsCallAsync("connected");
        await WriteAsync(alice, "Are you <b>there</b>?");
        await Expect(bob.Chat).ToContainTextAsync("Are you <b>there</b>?");
        await WriteAsync(bob, "Yes");
        await Expect(alice.Chat).ToContainTextAsync("Yes");
        await NoteProgressAsync(alice.Page);
        await NoteOfferedTypesAsync(bob.Page);
        await alice
            .Page.GetByTestId("file-picker")
            .SetInputFilesAsync(
                new FilePayload
                {
                    Name = "holiday plan.pdf",
                    MimeType = "text/html",
                    Buffer = bytes,
                }
            );

        await Expect(bob.Files).ToHaveAttributeAsync("data-state", "done");
        await Expect(bob.Files).ToContainTextAsync("holiday plan.pdf");
        await Expect(bob.Files).ToContainTextAsync("its SHA-256 agrees");
        await Expect(alice.Files).ToContainTextAsync("Arrived whole");
        (await alice.Page.EvaluateAsync<int>("progress.length")).ShouldBeGreaterThan(2);
        var download = await bob.Page.RunAndWaitForDownloadAsync(() =>
            bob.Page.GetByRole(AriaRole.Link, new() { Name = "Download holiday plan.pdf" }).ClickAsync()
        );
        download.SuggestedFilename.ShouldBe("holiday plan.pdf");
        await using var saved = await download.CreateReadStreamAsync();
        (await SHA256.HashDataAsync(saved, TestContext.Current.CancellationToken)).ShouldBe(SHA256.HashData(bytes));
        (await bob.Page.EvaluateAsync<string[]>("offered")).ShouldBe(["application/octet-stream"]);
        await alice.PictureAsync("call-4-text-and-files");

        await alice.HangUp.ClickAsync();
        await bob.ShowsCallAsync("ended");
        await Expect(bob.Chat).ToContainTextAsync("Are you <b>there</b>?");
        await Expect(bob.ChatText).ToBeHiddenAsync();
    }

    [Fact]
    public async Task Who_does_not_answer_is_explained_to_the_caller()
    {
        var (alice, bob) = await MeetAsync();
        var bobId = await bob.MyUserId.TextContentAsync();

        await alice.CallText.ClickAsync();
        await bob.Decline.ClickAsync();
        await Expect(alice.CallState).ToHaveTextAsync($"{bobId} declined.");
        await Expect(bob.Ringing).ToBeHiddenAsync();

        await alice.CallText.ClickAsync();
        await Expect(bob.Ringing).ToBeVisibleAsync();
        await alice.HangUp.ClickAsync();
        await Expect(alice.CallState).ToHaveTextAsync("You hung up.");
        await Expect(bob.Ringing).ToBeHiddenAsync();

        alice.WillBeRefused("/exchange");
        await alice.To.FillAsync("nobody-" + bobId);
        await alice.CallText.ClickAsync();
        await Expect(alice.CallState).ToHaveTextAsync($"nobody-{bobId} isn't signed in right now.");
        await alice.PictureAsync("call-5-not-signed-in");

        await alice.To.FillAsync("no spaces");
        await alice.CallVideo.ClickAsync();
        await Expect(alice.CallNote).ToContainTextAsync("User id: no spaces");
    }

    [Fact]
    public async Task Somebody_who_is_in_a_call_is_busy()
    {
        var (alice, bob) = await MeetAsync();
        var carol = await OpenAsync(Cluster.Api);
        await carol.ListenAsync(Fresh("carol"));
        await CallAsync(alice, bob, alice.CallText);

        await carol.To.FillAsync((await bob.MyUserId.TextContentAsync())!);
        await carol.CallText.ClickAsync();

        await Expect(carol.CallState).ToHaveTextAsync($"{await bob.MyUserId.TextContentAsync()} is in another call.");
        await bob.ShowsCallAsync("connected");
    }

    [Fact]
    public async Task Who_calls_somebody_else_is_busy_for_whoever_rings()
    {
        var (alice, bob) = await MeetAsync();
        var carol = await OpenAsync(Cluster.Api);
        var carolId = Fresh("carol");
        await carol.ListenAsync(carolId);
        await alice.CallText.ClickAsync();
        await Expect(bob.Ringing).ToBeVisibleAsync();

        await bob.To.FillAsync(carolId);
        await CallAsync(bob, carol, bob.CallText);

        await Expect(bob.Ringing).ToBeHiddenAsync();
        await Expect(alice.CallState).ToHaveTextAsync($"{await bob.MyUserId.TextContentAsync()} is in another call.");
    }

    [Fact]
    public async Task When_both_click_at_once_they_are_in_one_call()
    {
        var (alice, bob) = await MeetAsync();
        await bob.To.FillAsync((await alice.MyUserId.TextContentAsync())!);

        await Task.WhenAll(alice.CallVideo.ClickAsync(), bob.CallVideo.ClickAsync());

        await alice.ShowsCallAsync("connected");
        await bob.ShowsCallAsync("connected");
        await alice.SeesMoreAsync();
        await bob.SeesMoreAsync();
    }

    [Fact]
    public async Task Who_can_not_be_seen_sees_the_other_nevertheless()
    {
        var (alice, bob) = await MeetAsync();
        await bob.Page.EvaluateAsync(
            """
            () => { navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", "NotAllowedError")); }
            """
        );

        await CallAsync(alice, bob);

        await bob.SeesMoreAsync();
        await Expect(bob.Chat).ToContainTextAsync("not allowed to use camera and microphone");
        await bob.HangUp.ClickAsync();
        await bob.CallVideo.ClickAsync();
        await bob.To.FillAsync("somebody");
        await bob.CallVideo.ClickAsync();
        await Expect(bob.CallState).ToHaveTextAsync("The browser was not allowed to use camera and microphone.");
    }

    [Theory]
    [InlineData("http")]
    [InlineData("socket")]
    public async Task The_diagram_draws_how_the_call_is_set_up(string send)
    {
        var (alice, bob) = await MeetAsync($"?send={send}");
        await CallAsync(alice, bob);
        await alice.SeesMoreAsync();
        await alice.HangUp.ClickAsync();

        await ShowsInOrderAsync(
            alice,
            "me→broker connect",
            "broker→me session, ICE servers",
            "broker→me listening",
            "me→peer ring",
            "peer→me accept",
            "me→peer offer",
            "peer→me answer",
            "me→peer connected: direct, host to host, UDP",
            "me→peer hang up"
        );
        await ShowsInOrderAsync(
            bob,
            "broker→me listening",
            "peer→me ring",
            "me→peer accept",
            "peer→me offer",
            "me→peer answer",
            "me→peer connected: direct, host to host, UDP",
            "peer→me hang up"
        );
        await Expect(alice.Arrows.Filter(new() { HasText = "candidate" }).First).ToBeVisibleAsync();
        await Expect(alice.Arrows.Filter(new() { HasText = "first picture" })).ToHaveCountAsync(1);
        // What SignalBroker said of each signal is drawn, too.
        await Expect(alice.Page.Locator(".step[data-tone=pending], .step[data-tone=fault]")).ToHaveCountAsync(0);
        var words = alice.Page.GetByTestId("sequence-words").GetByRole(AriaRole.Listitem);
        await Expect(words.Filter(new() { HasText = "through SignalBroker: ring (queued after" })).ToHaveCountAsync(1);
        await alice.Page.GetByTestId("in-words").ClickAsync();
        await Expect(alice.Page.GetByTestId("sequence")).ToBeHiddenAsync();
        await alice.PictureAsync($"call-6-in-words-{send}");
    }

    private async Task<(Tab Alice, Tab Bob)> MeetAsync(string query = "")
    {
        var alice = await OpenAsync(Cluster.ApiOf(0), query);
        var bob = await OpenAsync(Cluster.ApiOf(1), query);
        var bobId = Fresh("bob");
        await alice.ListenAsync(Fresh("alice"));
        await bob.ListenAsync(bobId);
        await alice.To.FillAsync(bobId);
        return (alice, bob);
    }

    private static async Task CallAsync(Tab caller, Tab callee, ILocator? button = null)
    {
        await (button ?? caller.CallVideo).ClickAsync();
        await callee.Accept.ClickAsync();
        await caller.ShowsCallAsync("connected");
        await callee.ShowsCallAsync("connected");
    }

    private static async Task WriteAsync(Tab tab, string text)
    {
        await Expect(tab.Page.GetByTestId("chat-send")).ToHaveAttributeAsync("aria-disabled", "false");
        await tab.ChatText.FillAsync(text);
        await tab.ChatText.PressAsync("Enter");
    }

    /// <summary>Notes every value that a progress bar shows.</summary>
    private static async Task NoteProgressAsync(IPage page) =>
        await page.EvaluateAsync(
            """
            () => {
              window.progress = [];
              const value = Object.getOwnPropertyDescriptor(HTMLProgressElement.prototype, "value");
              Object.defineProperty(HTMLProgressElement.prototype, "value", {
                ...value,
                set(next) { progress.push(next); value.set.call(this, next); },
              });
            }
            """
        );

    /// <summary>Notes the type of every file that the page makes an address for: HTML must not run in its name.</summary>
    private static async Task NoteOfferedTypesAsync(IPage page) =>
        await page.EvaluateAsync(
            """
            () => {
              window.offered = [];
              const make = URL.createObjectURL;
              URL.createObjectURL = (file) => {
                offered.push(file.type);
                return make(file);
              };
            }
            """
        );

    private static Task<int> CamerasInUseAsync(Tab tab) =>
        tab.Page.EvaluateAsync<int>("document.querySelector('#own-video').srcObject ? 1 : 0");

    /// <summary>The mean brightness of the other's picture, from 0 to 255.</summary>
    private static Task<double> BrightnessAsync(Tab tab) =>
        tab
            .Page.GetByTestId("remote-video")
            .EvaluateAsync<double>(
                """
                video => {
                  const canvas = new OffscreenCanvas(16, 9);
                  const context = canvas.getContext("2d");
                  context.drawImage(video, 0, 0, 16, 9);
                  const pixels = context.getImageData(0, 0, 16, 9).data.filter((_, index) => index % 4 !== 3);
                  return pixels.reduce((sum, value) => sum + value, 0) / pixels.length;
                }
                """
            );

    /// <summary>Waits until these arrows are in the diagram, in this order; others may be in between.</summary>
    // A candidate may come after the packets that it was found by.
    private static string Named(string arrow) => arrow.Replace("found on the way", "host to host");

    private static Task ShowsInOrderAsync(Tab tab, params string[] arrows) =>
        Eventually.HoldsAsync(async () =>
        {
            var shown = await tab.Arrows.EvaluateAllAsync<string[]>(
                "steps => steps.map(({ dataset }) => `${dataset.from}→${dataset.to} ${dataset.label}`)"
            );
            var next = 0;
            foreach (var arrow in shown)
            {
                next += next < arrows.Length && Named(arrow) == arrows[next] ? 1 : 0;
            }

            next.ShouldBe(arrows.Length, $"{arrows.ElementAtOrDefault(next)} is missing in {string.Join("; ", shown)}");
        });
}
