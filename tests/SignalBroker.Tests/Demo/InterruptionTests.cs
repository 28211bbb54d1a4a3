using Microsoft.Playwright;
using SignalBroker.Tests.Harness;
using static Microsoft.Playwright.Assertions;

namespace SignalBroker.Tests.Demo;

/// <summary>What comes in between: others who call, a page that is loaded again, a camera that is switched off.</summary>
public sealed class InterruptionTests(TestCluster cluster, Browser browser) : BrowserTests(cluster, browser)
{
    [Fact]
    public async Task Who_calls_during_a_call_is_drawn_in_a_lane_of_their_own_and_leaves_a_trace()
    {
        var (alice, bob) = await MeetAsync();
        var bobId = await NameOfAsync(bob);
        await TalkAsync(alice, bob);
        var carol = await OpenAsync(Cluster.Api);
        var carolId = Fresh("carol");
        await carol.ListenAsync(carolId);

        await carol.To.FillAsync(await NameOfAsync(alice));
        await carol.CallVideo.ClickAsync();
        await Expect(carol.CallState).ToHaveTextAsync($"{await NameOfAsync(alice)} is in another call.");

        await Expect(alice.Page.GetByTestId("sequence-other")).ToHaveTextAsync(bobId);
        await Expect(alice.Page.GetByTestId("sequence-third")).ToHaveTextAsync(carolId);
        await Expect(alice.Page.Locator(".step[data-from=third][data-to=me][data-label=ring]")).ToHaveCountAsync(1);
        await Expect(alice.Page.Locator(".step[data-from=me][data-to=third][data-label=busy]")).ToHaveCountAsync(1);
        var words = alice.Page.GetByTestId("sequence-words").GetByRole(AriaRole.Listitem);
        await Expect(words.Filter(new() { HasText = $"{carolId} to you, through SignalBroker: ring" }))
            .ToHaveCountAsync(1);
        await Expect(words.Filter(new() { HasText = $"you to {carolId}, through SignalBroker: busy" }))
            .ToHaveCountAsync(1);
        await Expect(words.Filter(new() { HasText = $"you to {bobId}, through SignalBroker: busy" }))
            .ToHaveCountAsync(0);
        await Expect(alice.MissedCalls).ToContainTextAsync(carolId);
        await alice.ShowsCallAsync("connected");
        await alice.PictureAsync("10-third-party");
    }

    [Fact]
    public async Task A_call_in_vain_leaves_a_trace_from_which_one_calls_back()
    {
        var (alice, bob) = await MeetAsync();

        await alice.CallText.ClickAsync();
        await Expect(bob.Ringing).ToBeVisibleAsync();
        await alice.HangUp.ClickAsync();

        await Expect(bob.MissedCalls).ToContainTextAsync("Missed call: text and files");
        await Expect(bob.Page.GetByTestId("announcer")).ToContainTextAsync("You missed a call");
        await bob.To.FillAsync("somebody-else");
        await bob.MissedCalls.GetByRole(AriaRole.Button).ClickAsync();
        await Expect(bob.CallVideo).ToBeFocusedAsync();
        await bob.CallText.ClickAsync();
        await alice.Accept.ClickAsync();
        await bob.ShowsCallAsync("connected");

        // Who has declined has missed nothing.
        await bob.HangUp.ClickAsync();
        await alice.ShowsCallAsync("ended");
        await alice.CallText.ClickAsync();
        await bob.Decline.ClickAsync();
        await alice.ShowsCallAsync("ended");
        await Expect(bob.MissedCalls).ToHaveCountAsync(1);
        await Expect(alice.MissedCalls).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task Of_two_who_ring_at_once_the_second_hears_that_one_is_busy()
    {
        var (alice, bob) = await MeetAsync();
        var carol = await OpenAsync(Cluster.Api);
        await carol.ListenAsync(Fresh("carol"));
        await alice.CallText.ClickAsync();
        await Expect(bob.Ringing).ToContainTextAsync(await NameOfAsync(alice));

        await carol.To.FillAsync(await NameOfAsync(bob));
        await carol.CallText.ClickAsync();

        await Expect(carol.CallState).ToHaveTextAsync($"{await NameOfAsync(bob)} is in another call.");
        await Expect(bob.MissedCalls).ToContainTextAsync(await NameOfAsync(carol));
        await Expect(bob.Ringing).ToContainTextAsync(await NameOfAsync(alice));
        await bob.Accept.ClickAsync();
        await alice.ShowsCallAsync("connected");
    }

    [Theory]
    [InlineData("alice")]
    [InlineData("")]
    public async Task A_page_that_is_loaded_again_in_a_call_is_still_signed_in(string name)
    {
        var (alice, bob) = await MeetAsync(name);
        var (aliceId, bobId) = (await NameOfAsync(alice), await NameOfAsync(bob));
        await TalkAsync(alice, bob);
        // What bob's page still sends to the one that goes finds nobody.
        bob.WillBeRefused("/exchange");

        await alice.Page.ReloadAsync();

        await alice.ShowsAsync("listening");
        (await NameOfAsync(alice)).ShouldBe(aliceId);
        await Expect(alice.CallState).ToHaveTextAsync($"The call with {bobId} ended when this page was loaded again.");
        await bob.ShowsCallAsync("ended");
        await Expect(alice.To).ToHaveValueAsync(bobId);
        await TalkAsync(alice, bob);

        await alice.HangUp.ClickAsync();
        await alice.ShowsCallAsync("ended");
        await alice.Page.ReloadAsync();
        await alice.ShowsAsync("listening");
        await alice.ShowsCallAsync("idle");
        await alice.Disconnect.ClickAsync();
        await alice.ShowsAsync("signed-out");
        await alice.Page.ReloadAsync();
        await alice.ShowsAsync("signed-out");
        await Expect(alice.UserId).ToHaveValueAsync("");
    }

    [Fact]
    public async Task A_camera_that_is_off_shows_whose_it_is_at_both_ends()
    {
        var (alice, bob) = await MeetAsync();
        await TalkAsync(alice, bob);
        await bob.SeesMoreAsync();
        var camera = alice.Page.GetByTestId("camera");
        await Expect(bob.Page.GetByTestId("portrait")).ToBeHiddenAsync();

        await camera.ClickAsync();

        await Expect(alice.Page.GetByTestId("own-note")).ToBeVisibleAsync();
        await Expect(bob.Page.GetByTestId("portrait")).ToBeVisibleAsync();
        await Expect(bob.Page.GetByTestId("screen-note")).ToHaveTextAsync("Camera off");
        await Expect(bob.Page.GetByTestId("remote-video")).ToHaveCSSAsync("opacity", "0");
        await alice.Page.GetByTestId("mute").ClickAsync();
        await Expect(bob.Page.GetByTestId("screen-note")).ToHaveTextAsync("Camera off · Microphone off");
        await bob.PictureAsync("11-camera-off");

        await camera.ClickAsync();
        await Expect(alice.Page.GetByTestId("own-note")).ToBeHiddenAsync();
        await Expect(bob.Page.GetByTestId("portrait")).ToBeHiddenAsync();
        await Expect(bob.Page.GetByTestId("remote-video")).ToHaveCSSAsync("opacity", "1");
        await Expect(bob.Page.GetByTestId("screen-note")).ToHaveTextAsync("Microphone off");
    }

    [Fact]
    public async Task Who_calls_themselves_is_told_so_at_once()
    {
        var alice = await OpenAsync(Cluster.Api);
        await alice.ListenAsync(Fresh("alice"));

        await alice.To.FillAsync(await NameOfAsync(alice));
        await alice.CallText.ClickAsync();

        await Expect(alice.CallState).ToHaveTextAsync("That's you, and you are signed in on no other device.");
    }

    [Fact]
    public async Task Broken_JSON_is_told_to_go_out_as_text()
    {
        var alice = await OpenAsync(Cluster.Api);
        var session = await alice.ListenAsync(Fresh("alice"));
        var note = alice.Page.GetByTestId("content-note");

        await alice.Content.FillAsync("{broken");
        await Expect(note).ToHaveTextAsync("This is not valid JSON: as it is, it goes out as text.");
        await Expect(alice.Content)
            .ToHaveAccessibleDescriptionAsync("This is not valid JSON: as it is, it goes out as text.");
        await alice.SendAsync(session.UserId, "{broken");
        await Expect(alice.Messages).ToContainTextAsync("{broken");

        await alice.Content.FillAsync("""{"whole":1}""");
        await Expect(note).ToBeHiddenAsync();
    }

    private async Task<(Tab Alice, Tab Bob)> MeetAsync(string name = "alice")
    {
        var alice = await OpenAsync(Cluster.ApiOf(0));
        var bob = await OpenAsync(Cluster.ApiOf(1));
        var bobId = Fresh("bob");
        await alice.ListenAsync(name.Length == 0 ? "" : Fresh(name));
        await bob.ListenAsync(bobId);
        await alice.To.FillAsync(bobId);
        return (alice, bob);
    }

    private static async Task TalkAsync(Tab caller, Tab callee)
    {
        await caller.CallVideo.ClickAsync();
        await callee.Accept.ClickAsync();
        await caller.ShowsCallAsync("connected");
        await callee.ShowsCallAsync("connected");
    }

    private static async Task<string> NameOfAsync(Tab tab) => (await tab.MyUserId.TextContentAsync())!;
}
