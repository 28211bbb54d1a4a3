using Microsoft.Playwright;
using SignalBroker.Tests.Harness;
using static Microsoft.Playwright.Assertions;

namespace SignalBroker.Tests.Demo;

/// <summary>What two people see who try the demo page.</summary>
public sealed class DemoPageTests(TestCluster cluster, Browser browser) : BrowserTests(cluster, browser)
{
    [Fact]
    public async Task Two_people_on_two_webapps_exchange_messages_and_part()
    {
        var (aliceId, bobId) = (Fresh("alice"), Fresh("bob"));
        var alice = await OpenAsync(Cluster.ApiOf(0));
        var bob = await OpenAsync(Cluster.ApiOf(1));
        await alice.ShowsAsync("signed-out");
        await alice.PictureAsync("1-signed-out");

        var aliceSession = await alice.ListenAsync(aliceId, "laptop");
        var bobSession = await bob.ListenAsync(bobId);
        await Expect(alice.MyUserId).ToHaveTextAsync(aliceId);
        await Expect(alice.MyKey).ToHaveTextAsync(aliceSession.ListeningKey);
        foreach (var session in new[] { aliceSession, bobSession })
        {
            await Eventually.HoldsAsync(async () =>
                (await Cluster.IsAckedAsync(session.ListeningKey)).ShouldBe(expected: true)
            );
        }

        await alice.PictureAsync("2-listening");
        await alice.SendAsync(bobId, "Hello Bob");
        await Expect(alice.Outcome).ToHaveTextAsync($"To {bobId}: on its way, the broker has it.");
        await ShowsMessageAsync(bob, aliceId, "Hello Bob");
        await bob.Messages.GetByRole(AriaRole.Button).ClickAsync();
        await Expect(bob.To).ToHaveValueAsync(aliceId);
        await bob.Content.FillAsync("""{"kind":"offer","sdp":"v=0"}""");
        await bob.Send.ClickAsync();
        await ShowsMessageAsync(alice, bobId, "\"kind\": \"offer\"");
        await alice.PictureAsync("3-exchanged-alice");
        await bob.PictureAsync("3-exchanged-bob");

        await bob.Page.RunAndWaitForResponseAsync(
            () => bob.Disconnect.ClickAsync(),
            answer => answer.Url.EndsWith("/disconnect", StringComparison.Ordinal) && answer.Status == 204
        );
        await bob.ShowsAsync("signed-out");
        await bob.PictureAsync("4-parted-bob");
        await Eventually.HoldsAsync(async () =>
            (await Cluster.Api.ExchangeAsync(aliceSession, new { to = bobId, content = 1 })).Code.ShouldBe(
                "user-not-listening"
            )
        );
        alice.WillBeRefused("/exchange");
        await alice.SendAsync(bobId, "Are you there?");
        await Expect(alice.Outcome).ToHaveTextAsync($"{bobId} isn't listening right now, so nothing was sent.");
        await alice.PictureAsync("5-not-listening");

        (await alice.StatesAsync()).ShouldBe(["signed-out", "connecting", "listening"]);
        (await bob.StatesAsync()).ShouldBe(["signed-out", "connecting", "listening", "signed-out"]);
    }

    [Fact]
    public async Task A_page_shows_who_can_be_reached_and_has_a_signal_kept_for_who_can_not()
    {
        var (aliceId, bobId) = (Fresh("alice"), Fresh("bob"));
        var alice = await OpenAsync(Cluster.ApiOf(0));
        await alice.ListenAsync(aliceId);
        await alice.Keep.CheckAsync();
        await alice.SendAsync(bobId, "See you tomorrow");
        await Expect(alice.Outcome).ToHaveTextAsync($"Kept for {bobId} until {bobId} has it.");
        await alice.SeesAsync(bobId, "away");

        var bob = await OpenAsync(Cluster.ApiOf(1));
        await bob.ListenAsync(bobId, "phone");

        await ShowsMessageAsync(bob, aliceId, "See you tomorrow");
        await alice.SeesAsync(bobId, "listening");
        await Expect(alice.Outcome).ToContainTextAsync($"{bobId} has it, on “phone”.");
        await alice.To.FillAsync("");
        await alice.People.FocusAsync();
        await alice.Page.Keyboard.PressAsync("Home");
        await Expect(alice.To).Not.ToHaveValueAsync("");
        await alice.PictureAsync("6-people");
        await bob.Disconnect.ClickAsync();
        await alice.SeesAsync(bobId, "away");
    }

    [Fact]
    public async Task The_wire_log_shows_every_frame_and_no_secret()
    {
        var alice = await OpenAsync(Cluster.Api, "?listen=stomp");

        var session = await alice.ListenAsync(Fresh("alice"));
        await alice.SendAsync(session.UserId, "To myself");
        await ShowsMessageAsync(alice, session.UserId, "To myself");
        await alice.Disconnect.ClickAsync();
        await Expect(alice.WireLog).ToContainTextAsync("204 No Content");

        await ShowsInOrderAsync(
            alice,
            "HTTP",
            "POST /connect",
            "200 OK",
            "POST /exchange",
            "200 OK",
            "POST /disconnect"
        );
        await ShowsInOrderAsync(alice, "STOMP", "CONNECT", "CONNECTED", "SUBSCRIBE", "RECEIPT", "MESSAGE");
        await Expect(alice.WireLog).ToContainTextAsync("Authorization: Basic ••••");
        await Expect(alice.WireLog).ToContainTextAsync("passcode:••••");
        await Expect(alice.WireLog).ToContainTextAsync($"destination:/queue/{session.ListeningKey}");
        var page = await alice.Page.ContentAsync();
        foreach (var secret in new[] { session.Passcode, session.Authorization.Parameter! })
        {
            page.ShouldNotContain(secret);
            alice.ConsoleText.ShouldNotContain(secret);
        }

        (await alice.Page.EvaluateAsync<int>("localStorage.length + sessionStorage.length")).ShouldBe(0);
    }

    [Fact]
    public async Task The_page_says_that_it_listens_only_after_the_brokers_receipt()
    {
        var receipt = new TaskCompletionSource<Action>(TaskCreationOptions.RunContinuationsAsynchronously);
        var alice = await OpenAsync(Cluster.Api, "?listen=stomp");
        await alice.Page.RouteWebSocketAsync(
            "**/ws",
            page =>
                page.ConnectToServer()
                    .OnMessage(frame =>
                    {
                        if (frame.Text!.StartsWith("RECEIPT", StringComparison.Ordinal))
                        {
                            receipt.SetResult(() => page.Send(frame.Text));
                        }
                        else
                        {
                            page.Send(frame.Text);
                        }
                    })
        );

        var session = await alice.ConnectAsync(Fresh("alice"));
        var release = await receipt.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        await Expect(alice.Detail).ToContainTextAsync("Waiting for the broker to confirm");
        await alice.ShowsAsync("connecting");
        await Expect(alice.Send).ToHaveAttributeAsync("aria-disabled", "true");
        await alice.PictureAsync("1-connecting");
        release();
        await alice.ShowsAsync("listening");
        await Eventually.HoldsAsync(async () =>
            (await Cluster.IsAckedAsync(session.ListeningKey)).ShouldBe(expected: true)
        );
    }

    [Fact]
    public async Task A_message_is_text_and_never_becomes_an_element()
    {
        const string Attack = "<img src=x onerror=\"window.attacked=true\"><script>window.attacked=true</script>";
        var alice = await OpenAsync(Cluster.Api);
        var session = await alice.ListenAsync(Fresh("alice"));

        await Cluster.Api.ExchangeAsync(
            session,
            new
            {
                to = session.UserId,
                type = "<b>type</b>",
                content = Attack,
            }
        );
        await Cluster.Api.ExchangeAsync(session, new { to = session.UserId, content = new { html = Attack } });

        await Expect(alice.Messages).ToHaveCountAsync(2);
        await Expect(alice.Messages.Last).ToContainTextAsync(Attack);
        await Expect(alice.Messages.Last).ToContainTextAsync("<b>type</b>");
        await Expect(alice.Messages.First).ToContainTextAsync("<img src=x");
        await Expect(alice.Page.Locator("main img, main script, .tag b")).ToHaveCountAsync(0);
        (await alice.Page.EvaluateAsync<bool>("'attacked' in window")).ShouldBeFalse();
    }

    [Fact]
    public async Task Who_gives_no_name_gets_one()
    {
        var somebody = await OpenAsync(Cluster.Api);

        var session = await somebody.ListenAsync();

        session.UserId.ShouldStartWith("anonymous.");
        await Expect(somebody.MyUserId).ToHaveTextAsync(session.UserId);
        await somebody.SendAsync(session.UserId, "Hello me");
        await ShowsMessageAsync(somebody, session.UserId, "Hello me");
    }

    [Fact]
    public async Task Where_sockets_are_blocked_the_page_listens_by_events_and_says_so()
    {
        var alice = await OpenAsync(Cluster.Api);
        await alice.Page.RouteWebSocketAsync("**/ws", socket => _ = socket.CloseAsync());

        var session = await alice.ConnectAsync(Fresh("alice"));

        await alice.ShowsAsync("listening");
        await Expect(alice.Detail).ToContainTextAsync("by server-sent events");
        await alice.SendAsync(session.UserId, "To myself");
        await ShowsMessageAsync(alice, session.UserId, "To myself");
        await Expect(alice.WireLog).ToContainTextAsync(": listening");
        await Expect(alice.Arrows.Filter(new() { HasText = "socket closed" })).Not.ToHaveCountAsync(0);
        await alice.PictureAsync("10-events");
    }

    [Fact]
    public async Task A_wrong_user_id_is_explained_before_anything_is_sent()
    {
        const string Characters = "User id: no spaces, emoji or any of , % \" < >";
        const string Length = "User id: at most 255 characters.";
        var alice = await OpenAsync(Cluster.Api);

        foreach (
            var (userId, explanation) in new[]
            {
                ("no spaces", Characters),
                ("<b>", Characters),
                (new string('a', 256), Length),
            }
        )
        {
            await alice.UserId.FillAsync(userId);
            await alice.Connect.ClickAsync();
            await alice.UserId.PressAsync("Enter");

            await Expect(alice.Page.GetByTestId("connect-note")).ToHaveTextAsync(explanation);
            await Expect(alice.UserId).ToHaveAttributeAsync("aria-invalid", "true");
            await alice.ShowsAsync("signed-out");
        }

        alice.RequestsTo("/connect").ShouldBe(0);
        await alice.ListenAsync(Fresh("alice"));
        alice.RequestsTo("/connect").ShouldBe(1);
    }

    [Fact]
    public async Task The_link_to_a_second_user_opens_a_tab_that_listens_and_knows_whom_to_answer()
    {
        var alice = await OpenAsync(Cluster.Api);
        var session = await alice.ListenAsync(Fresh("alice"));

        var bob = await alice.Page.RunAndWaitForPopupAsync(() => alice.Page.GetByTestId("second-user").ClickAsync());

        await Expect(bob.GetByTestId("state")).ToHaveAttributeAsync("data-state", "listening");
        await Expect(bob.GetByTestId("to")).ToHaveValueAsync(session.UserId);
        await bob.GetByTestId("content").FillAsync("Hello from the other tab");
        await bob.GetByTestId("content").PressAsync("Control+Enter");
        await ShowsMessageAsync(alice, "bob", "Hello from the other tab");
    }

    private static async Task ShowsMessageAsync(Tab tab, string from, string content)
    {
        await Expect(tab.Messages.First.Locator(".message-from")).ToHaveTextAsync(from);
        await Expect(tab.Messages.First.Locator("pre")).ToContainTextAsync(content);
    }

    private static async Task ShowsInOrderAsync(Tab tab, string channel, params string[] titles)
    {
        var shown = await tab.WireLog.Locator($"[data-channel={channel}] .wire-title").AllTextContentsAsync();
        // When the page asks who is there, is left to it.
        var next = 0;
        foreach (var title in shown)
        {
            next += next < titles.Length && title == titles[next] ? 1 : 0;
        }

        next.ShouldBe(titles.Length, string.Join(", ", shown));
    }
}
