using SignalBroker.Tests.Demo;

namespace SignalBroker.Tests.Client;

/// <summary>Calls that come about although something is lost in the middle of their set-up.</summary>
public sealed class CallLossTests(ClientSite site, Browser browser) : ClientTests(site, browser)
{
    public override async ValueTask DisposeAsync()
    {
        await Site.MendAsync();
        await base.DisposeAsync();
    }

    [Theory]
    [InlineData("ring", null)]
    [InlineData(null, "accept")]
    [InlineData("ring", "accept")]
    [InlineData("negotiate", null)]
    [InlineData(null, "negotiate")]
    [InlineData("negotiate", "accept")]
    [InlineData("negotiate", "negotiate")]
    public async Task Sockets_that_are_cut_after_a_step_are_replaced(string? callerStep, string? calleeStep)
    {
        var caller = await ListenAsync(Alice);
        var callee = await ListenAsync(Bob);
        await callee.RunAsync("() => acceptAll()");
        await caller.RunAsync("(step) => void (trap.cutAfter = step ?? undefined)", callerStep);
        await callee.RunAsync("(step) => void (trap.cutAfter = step ?? undefined)", calleeStep);

        await caller.CallAsync(Bob);

        await ListensAgainAsync(caller, callerStep is null ? 1 : 2);
        await ListensAgainAsync(callee, calleeStep is null ? 1 : 2);
        await caller.TalksWithAsync(callee);
    }

    [Theory]
    [InlineData("accept", "")]
    [InlineData("", "negotiate")]
    public async Task A_node_is_killed_that_both_listen_on(string calleeStep, string callerStep)
    {
        var node = Site.Servers.Nodes[0];
        var caller = await ListenOnAsync(node, Alice);
        var callee = await ListenOnAsync(node, Bob);
        await callee.RunAsync("() => acceptAll()");
        await caller.RunAsync("(step) => void (trap.holdBefore = step)", callerStep);
        await callee.RunAsync("(step) => void (trap.holdBefore = step)", calleeStep);

        var calling = caller.CallAsync(Bob);
        var holder = calleeStep.Length > 0 ? callee : caller;
        await holder.HoldsAsync("trap.isHolding");
        await node.KillAsync();
        await holder.RunAsync("() => trap.release()");

        await calling;
        await caller.TalksWithAsync(callee);
        foreach (var page in new[] { caller, callee })
        {
            await page.HoldsAsync("me.state.name === 'listening'");
            (await page.RunAsync<string>("() => me.session.listeningAddress")).ShouldNotBe(node.ListeningAddress);
        }
    }

    [Theory]
    [InlineData("accept", "")]
    [InlineData("", "negotiate")]
    public async Task The_webapp_is_killed_and_started_again(string calleeStep, string callerStep)
    {
        var caller = await ListenAsync(Alice);
        var callee = await ListenAsync(Bob);
        await callee.RunAsync("() => acceptAll()");
        await caller.RunAsync("(step) => void (trap.holdBefore = step)", callerStep);
        await callee.RunAsync("(step) => void (trap.holdBefore = step)", calleeStep);

        var calling = caller.CallAsync(Bob);
        var holder = calleeStep.Length > 0 ? callee : caller;
        await holder.HoldsAsync("trap.isHolding");
        await Site.Webapp.KillAsync();
        await holder.RunAsync("() => trap.release()");
        await holder.HoldsAsync("failures.includes('/exchange')");
        await Site.Webapp.StartAsync(Token);

        await calling;
        await caller.TalksWithAsync(callee);
        // Nobody has lost anything but a moment.
        await ListensAgainAsync(caller, sockets: 1);
        await ListensAgainAsync(callee, sockets: 1);
    }

    private static async Task ListensAgainAsync(ClientPage page, int sockets)
    {
        await page.HoldsAsync($"sockets.length >= {sockets} && me.state.name === 'listening'");
        if (sockets == 1)
        {
            (await page.RunAsync<int>("() => sockets.length")).ShouldBe(1);
        }
    }
}
