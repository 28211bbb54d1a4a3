using SignalBroker.Tests.Demo;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Client;

/// <summary>Who a page sees come and go.</summary>
public sealed class PresenceTests(ClientSite site, Browser browser) : ClientTests(site, browser)
{
    public override async ValueTask DisposeAsync()
    {
        await Site.MendAsync();
        await base.DisposeAsync();
    }

    [Fact]
    public async Task A_page_sees_another_come_and_go_also_after_its_own_node_was_killed()
    {
        var watcher = await ListenOnAsync(Site.Servers.Nodes[0], Alice);
        (await watcher.RunAsync<string>("(bob) => me.presence(bob).then(({ state }) => state)", Bob)).ShouldBe("away");
        await watcher.RunAsync(
            """
            (bob) => {
              globalThis.seen = [];
              return me.watch([bob], ({ state, devices }) => seen.push([state, ...devices.map(({ device }) => device)].join(' ')));
            }
            """,
            Bob
        );
        await watcher.HoldsAsync("seen.join() === 'away'");

        var watched = await ListenAsync(Bob, new { device = "phone" });
        await watcher.HoldsAsync("seen.join() === 'away,listening phone'");
        await watched.RunAsync("() => me.close()");
        await watcher.HoldsAsync("seen.join() === 'away,listening phone,away'");

        await Site.Servers.Nodes[0].KillAsync();
        await watched.ListenAsync(Bob, new { device = "laptop" });
        await watcher.HoldsAsync("me.state.name === 'listening'");
        await watcher.HoldsAsync("seen.at(-1) === 'listening laptop'");
        await watched.RunAsync("() => me.close()");
        await watcher.HoldsAsync("seen.at(-1) === 'away'");
    }

    [Fact]
    public async Task A_page_lists_who_was_ever_seen()
    {
        var other = await ListenAsync(Bob);
        var page = await ListenAsync(Alice);
        Task<string[]> ListAsync() =>
            page.RunAsync<string[]>(
                "async () => { const all = []; for await (const { userId } of me.users()) all.push(userId); return all; }"
            );

        // The node's words about a new listener reach the webapp a moment after it listens.
        await Eventually.HoldsAsync(async () => new[] { Alice, Bob }.ShouldBeSubsetOf(await ListAsync()));
        await other.RunAsync("() => me.close()");

        (await ListAsync()).ShouldContain(Bob);
    }
}
