using SignalBroker.LocalCluster;
using SignalBroker.Tests.Demo;

namespace SignalBroker.Tests.Client;

/// <summary>Calls where users see nobody but themselves, so that the server says of no signal whether it arrives.</summary>
public sealed class HiddenCallTests(ClientSite site, Browser browser, HiddenSite hidden)
    : ClientTests(site, browser),
        IClassFixture<HiddenSite>
{
    [Fact]
    public async Task Two_pages_talk_also_after_both_have_lost_their_sockets()
    {
        var caller = await ListenHiddenAsync(Alice);
        var callee = await ListenHiddenAsync(Bob);
        await callee.RunAsync("() => acceptAll()");

        var isAccepted = await caller.RunAsync<bool>(
            "(bob) => me.send(bob, 1).then(({ accepted, sessions }) => accepted && sessions.length === 0)",
            Bob
        );
        isAccepted.ShouldBeTrue();
        await caller.CallAsync(Bob);
        await caller.TalksWithAsync(callee);

        foreach (var page in new[] { caller, callee })
        {
            await page.RunAsync("() => sockets.at(-1).close()");
            await page.HoldsAsync("sockets.length === 2 && me.state.name === 'listening'");
        }

        await callee.RunAsync("async () => callOf().addMedia(await media({ video: true }))");
        await caller.SeesAsync(videos: 1);
        await caller.TalksWithAsync(callee);
        await caller.RunAsync("() => callOf().hangUp()");
        (await callee.RunAsync<string>("async () => (await calls[0].ended).reason")).ShouldBe("peer-hung-up");
    }

    [Theory]
    [InlineData("negotiate", "accept")]
    [InlineData("negotiate", "negotiate")]
    public async Task Sockets_that_are_cut_after_a_step_are_replaced(string callerStep, string calleeStep)
    {
        var caller = await ListenHiddenAsync(Alice);
        var callee = await ListenHiddenAsync(Bob);
        await callee.RunAsync("() => acceptAll()");
        await caller.RunAsync("(step) => void (trap.cutAfter = step)", callerStep);
        await callee.RunAsync("(step) => void (trap.cutAfter = step)", calleeStep);

        await caller.CallAsync(Bob);

        await caller.TalksWithAsync(callee);
    }

    [Theory]
    [InlineData("rings[0].decline()", "declined")]
    [InlineData("rings[0].busy()", "busy")]
    [InlineData("undefined", "no-answer")]
    public async Task The_caller_hears_why_nobody_answers(string reaction, string code)
    {
        var caller = await ListenHiddenAsync(Alice);
        var callee = await ListenHiddenAsync(Bob);
        await callee.RunAsync("() => ring()");

        var heard = caller.RunAsync<string>(
            "(bob) => me.call(bob, { ringFor: 4000 }).then(() => 'answered', ({ code }) => code)",
            Bob
        );
        await callee.HoldsAsync("rings.length === 1");
        await callee.RunAsync($"() => {reaction}");

        (await heard).ShouldBe(code);
    }

    [Fact]
    public async Task It_rings_in_vain_where_nobody_listens()
    {
        var caller = await ListenHiddenAsync(Alice);

        var heard = await caller.RunAsync<string>(
            "(bob) => me.call(bob, { ringFor: 1000 }).then(() => 'answered', ({ code }) => code)",
            Bob
        );

        heard.ShouldBe("no-answer");
    }

    private async Task<ClientPage> ListenHiddenAsync(string userId)
    {
        var page = await OpenAsync();
        await page.ListenAsync(userId, webapp: hidden.Webapp.PublicAddress);
        return page;
    }
}

/// <summary>A webapp whose users see nobody. It may run beside one of another rule, as nobody is watched meanwhile.</summary>
public sealed class HiddenSite(ClientSite site) : IAsyncLifetime
{
    public Webapp Webapp { get; private set; } = null!;

    public async ValueTask InitializeAsync() =>
        Webapp = await site.Servers.AddWebappAsync(
            new Dictionary<string, string> { ["Presence:Visibility"] = "Nobody" }
        );

    public async ValueTask DisposeAsync() => await Webapp.StopAsync();
}
