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

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(1)]
    public async Task Credentials_that_are_about_to_end_are_replaced_before_a_call_even_if_clocks_are_days_ahead(
        int days
    )
    {
        var caller = await OpenWithClockAsync(days);
        var callee = await OpenWithClockAsync(days);
        await caller.ListenAsync(Alice, RelayAlone);
        await callee.ListenAsync(Bob, RelayAlone);
        await callee.RunAsync("() => acceptAll()");
        await caller.CallAsync(Bob);
        await caller.TalksWithAsync(callee);
        await caller.RunAsync("() => me.calls[0].hangUp()");
        await callee.HoldsAsync("me.calls.length === 0");
        (await caller.RunAsync<string[]>("() => requests")).ShouldNotContain("/ice-servers");

        // What /connect has answered is of no use from here on.
        await caller.RunAsync("() => letPass(12 * 60 - 3)");
        await callee.RunAsync("() => letPass(12 * 60 - 3)");
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

        await caller.HoldsAsync("iceUser() !== firstIceUser && callStates.at(-1) === 'connected'");
        await caller.TalksWithAsync(callee);
        // While one relayed path after the other dies, a browser may take to the next for some milliseconds.
        var states = await caller.RunAsync<string[]>("() => callStates");
        states.Chunk(2).ShouldAllBe(pair => pair.SequenceEqual(new[] { "reconnecting", "connected" }));
    }

    // Credentials are good for twelve hours: this device's clock says that all but a few minutes are over.
    /// <summary>Opens a page on a device whose clock is so many days ahead, and which can let minutes pass.</summary>
    private async Task<ClientPage> OpenWithClockAsync(int daysAhead)
    {
        var page = await OpenAsync();
        await page.RunAsync(
            """
            (daysAhead) => {
              const [now, steady] = [Date.now, performance.now.bind(performance)];
              let passed = 0;
              Date.now = () => now() + daysAhead * 86_400_000 + passed;
              performance.now = () => steady() + passed;
              globalThis.letPass = (minutes) => void (passed += minutes * 60_000);
            }
            """,
            daysAhead
        );
        return page;
    }
}
