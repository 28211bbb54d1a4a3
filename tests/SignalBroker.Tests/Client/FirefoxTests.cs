using SignalBroker.Tests.Demo;

namespace SignalBroker.Tests.Client;

/// <summary>The client in Firefox, and between Firefox and Chromium.</summary>
public sealed class FirefoxTests(ClientSite site, Browser chromium, Firefox firefox)
    : ClientTests(site, chromium),
        IClassFixture<Firefox>
{
    [Fact]
    public async Task Users_of_Firefox_send_signals_and_a_mebibyte_to_each_other()
    {
        const int Length = 1024 * 1024;
        var caller = await ListenInFirefoxAsync(Alice);
        var callee = await ListenInFirefoxAsync(Bob);
        await callee.RunAsync("() => acceptAll()");

        var outcome = await caller.RunAsync<string>(
            "async (bob) => (await me.send(bob, { hello: bob })).sessions[0].outcome",
            Bob
        );
        await callee.HoldsAsync("signals.length === 1");
        await caller.CallAsync(Bob);
        await callee.HoldsAsync("calls.length === 1");
        var received = callee.RunAsync<string>("(length) => download(length)", Length);
        var sent = await caller.RunAsync<string>("(length) => upload(length)", Length);
        (await received).ShouldBe(sent);
        await caller.RunAsync("() => callOf().hangUp()");

        outcome.ShouldBe("queued");
        (await callee.RunAsync<string>("() => `${signals[0].from} ${signals[0].content.hello}`")).ShouldBe(
            $"{Alice} {Bob}"
        );
        (await callee.RunAsync<string>("async () => (await calls[0].ended).reason")).ShouldBe("peer-hung-up");
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task Both_see_each_other_and_change_the_call(bool callerHasFirefox, bool calleeHasFirefox)
    {
        var caller = callerHasFirefox ? await ListenInFirefoxAsync(Alice) : await ListenAsync(Alice);
        var callee = calleeHasFirefox ? await ListenInFirefoxAsync(Bob) : await ListenAsync(Bob);
        await callee.RunAsync("() => acceptAll()");

        await caller.CallAsync(Bob, VideoAndChannel);
        await caller.SeesAsync(videos: 1);
        await callee.SeesAsync(videos: 1);
        await callee.RunAsync("async () => callOf().addMedia(await media({ video: true }))");

        await caller.SeesAsync(videos: 2);
        await caller.TalksWithAsync(callee);
    }

    [Fact]
    public async Task When_Firefox_and_Chromium_call_each_other_at_once_exactly_one_call_comes_of_it()
    {
        var first = await ListenInFirefoxAsync(Alice);
        var second = await ListenAsync(Bob);
        await first.RunAsync("() => acceptAll()");
        await second.RunAsync("() => acceptAll()");

        for (var round = 0; round < 5; round++)
        {
            var ids = await Task.WhenAll(first.CallAsync(Bob), second.CallAsync(Alice));

            ids[0].ShouldBe(ids[1]);
            await first.TalksWithAsync(second);
            await first.RunAsync("() => callOf().hangUp()");
            await second.HoldsAsync("me.calls.length === 0");
        }
    }

    [Fact]
    public async Task A_hidden_page_that_is_shown_again_listens_at_once()
    {
        var page = await ListenInFirefoxAsync(Alice);
        // No wait ends by itself any more.
        await page.RunAsync("() => void (Math.random = () => 1e6)");
        var other = await page.Page.Context.RunAndWaitForPageAsync(() =>
            page.RunAsync("() => void window.open('about:blank')")
        );
        await other.BringToFrontAsync();
        await page.HoldsAsync("document.hidden");

        await page.RunAsync("() => sockets.at(-1).close()");
        await page.HoldsAsync(
            "me.state.name === 'reconnecting' && me.state.retryAt > new Date(Date.now() + 3_600_000)"
        );
        await page.Page.BringToFrontAsync();

        await page.HoldsAsync("!document.hidden && me.state.name === 'listening'");
        await page.RunAsync("async () => void (await me.send(me.userId, 'here again'))");
        await page.HoldsAsync("signals.at(-1)?.content === 'here again'");
    }

    private async Task<ClientPage> ListenInFirefoxAsync(string userId)
    {
        var page = await OpenAsync(await firefox.OpenWindowAsync());
        await page.ListenAsync(userId);
        return page;
    }
}
