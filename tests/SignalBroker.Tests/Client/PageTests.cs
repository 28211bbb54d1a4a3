using SignalBroker.Tests.Demo;

namespace SignalBroker.Tests.Client;

/// <summary>What a page goes through: it loses its network, or is left.</summary>
public sealed class PageTests(ClientSite site, Browser browser) : ClientTests(site, browser)
{
    [Fact]
    public async Task Offline_it_asks_nobody_and_with_the_network_everything_is_back()
    {
        var caller = await ListenAsync(Alice);
        var callee = await ListenAsync(Bob);
        await callee.RunAsync("() => acceptAll()");
        await caller.CallAsync(Bob);
        var before = await caller.RunAsync<string>("() => iceUser()");
        // It tries again at once, if it tries.
        await caller.RunAsync("() => void (Math.random = () => 0)");

        await caller.Page.Context.SetOfflineAsync(true);
        await caller.RunAsync("() => sockets.at(-1).close()");
        await caller.HoldsAsync("me.state.problem?.code === 'offline'");
        var sending = caller.RunAsync<string>("(bob) => me.send(bob, 'later').then(({ id }) => id)", Bob);
        (await caller.RunAsync<int>("() => requests.filter((path) => path === '/connect').length")).ShouldBe(1);
        await caller.Page.Context.SetOfflineAsync(false);

        await caller.HoldsAsync("me.state.name === 'listening'");
        await sending;
        await callee.HoldsAsync("signals.at(-1)?.content === 'later'");
        // The device may have another address: both ends look for another path.
        await caller.HoldsAsync($"iceUser() !== '{before}' && callOf().connection.signalingState === 'stable'");
        await caller.TalksWithAsync(callee);
    }

    [Fact]
    public async Task A_network_change_restarts_ICE_and_the_call_goes_on()
    {
        var caller = await ListenAsync(Alice);
        var callee = await ListenAsync(Bob);
        await callee.RunAsync("() => acceptAll()");
        await caller.CallAsync(Bob, VideoAndChannel);
        await caller.SeesAsync(videos: 1);
        var before = await Task.WhenAll(
            caller.RunAsync<string>("() => iceUser()"),
            callee.RunAsync<string>("() => iceUser()")
        );

        await callee.RunAsync(
            """
            () => {
              // Chromium on a desktop tells no type, and so no change of it either.
              Object.defineProperty(navigator.connection, 'type', { value: 'cellular' });
              navigator.connection.dispatchEvent(new Event('change'));
            }
            """
        );

        await caller.HoldsAsync($"iceUser() !== '{before[0]}' && callOf().connection.signalingState === 'stable'");
        await callee.HoldsAsync($"iceUser() !== '{before[1]}' && callOf().connection.signalingState === 'stable'");
        await caller.TalksWithAsync(callee);
        (await caller.RunAsync<string>("() => callOf().state.name")).ShouldBe("connected");
    }

    [Fact]
    public async Task A_page_that_is_left_hangs_up_and_ends_its_session()
    {
        var caller = await ListenAsync(Alice);
        var callee = await ListenAsync(Bob);
        await callee.RunAsync("() => acceptAll()");
        await caller.CallAsync(Bob);
        await callee.HoldsAsync("callOf()?.state.name === 'connected'");

        await caller.Page.GotoAsync("about:blank");

        (await callee.RunAsync<string>("async () => (await calls[0].ended).reason")).ShouldBe("peer-hung-up");
        await callee.HoldsAsync(
            $"me.send('{Alice}', 1, {{ timeToLive: 1000 }}).then(() => false, ({{ code }}) => code === 'user-not-listening')"
        );
    }
}
