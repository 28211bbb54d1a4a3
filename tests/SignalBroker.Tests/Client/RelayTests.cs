using SignalBroker.Tests.Demo;

namespace SignalBroker.Tests.Client;

/// <summary>Calls that go through coturn, and find another path when theirs is lost.</summary>
public sealed class RelayTests(ClientSite site, Browser browser) : ClientTests(site, browser)
{
    private static readonly object RelayAlone = new
    {
        calls = new { configuration = new { iceTransportPolicy = "relay" } },
    };

    public override async ValueTask DisposeAsync()
    {
        await Site.MendAsync();
        await base.DisposeAsync();
    }

    [Fact]
    public async Task Where_nothing_but_the_relay_is_allowed_everything_goes_through_it()
    {
        var caller = await ListenAsync(Alice, RelayAlone);
        var callee = await ListenAsync(Bob, RelayAlone);
        await callee.RunAsync("() => acceptAll()");

        await caller.CallAsync(Bob, VideoAndChannel);

        await caller.SeesAsync(videos: 1);
        await callee.SeesAsync(videos: 1);
        await caller.TalksWithAsync(callee);
        (await caller.RunAsync<string[]>("() => candidateTypes()")).ShouldBe(["relay", "relay"]);
        (await callee.RunAsync<string[]>("() => candidateTypes()")).ShouldBe(["relay", "relay"]);
    }

    [Fact]
    public async Task Credentials_that_are_about_to_end_are_replaced_before_a_call()
    {
        var caller = await OpenWithLateClockAsync();
        var callee = await OpenWithLateClockAsync();
        await caller.ListenAsync(Alice, RelayAlone);
        await callee.ListenAsync(Bob, RelayAlone);
        await callee.RunAsync("() => acceptAll()");

        // What /connect has answered is of no use from here on.
        Site.Turn.Secrets = [$"another-{Guid.NewGuid():N}"];
        await Site.Turn.RestartAsync(Token);
        await Site.Webapp.RestartAsync(Token);

        await caller.CallAsync(Bob);
        await caller.TalksWithAsync(callee);
        (await caller.RunAsync<string[]>("() => candidateTypes()")).ShouldBe(["relay", "relay"]);
        (await caller.RunAsync<string[]>("() => requests")).ShouldContain("/ice-servers");
        (await caller.RunAsync<int>("() => sockets.length")).ShouldBe(1);
    }

    [Fact]
    public async Task A_connection_that_has_failed_is_restored_by_an_ICE_restart()
    {
        var caller = await OpenAsync();
        var callee = await OpenAsync();
        foreach (var (page, userId) in new[] { (caller, Alice), (callee, Bob) })
        {
            // Over TCP a browser notices at once that its relay is gone.
            await page.RunAsync("() => void (globalThis.blocksUdp = true)");
            await page.ListenAsync(userId, RelayAlone);
        }

        await callee.RunAsync("() => acceptAll()");
        await caller.CallAsync(Bob);
        await caller.TalksWithAsync(callee);
        await caller.RunAsync(
            """
            () => {
              globalThis.callStates = [];
              callOf().onState(({ name }) => callStates.push(name));
              globalThis.firstIceUser = iceUser();
            }
            """
        );

        await Site.Turn.RestartAsync(Token);

        await caller.HoldsAsync("callStates.join() === 'reconnecting,connected'");
        await caller.TalksWithAsync(callee);
        (await caller.RunAsync<bool>("() => iceUser() !== firstIceUser")).ShouldBeTrue();
    }

    // Credentials are good for twelve hours: this device's clock says that all but a few minutes are over.
    private async Task<ClientPage> OpenWithLateClockAsync()
    {
        var page = await OpenAsync();
        await page.RunAsync(
            """
            () => {
              const now = Date.now;
              Date.now = () => now() + (12 * 60 - 3) * 60_000;
            }
            """
        );
        return page;
    }
}
