using SignalBroker.Tests.Failures;
using SignalBroker.Tests.Harness;
using static Microsoft.Playwright.Assertions;

namespace SignalBroker.Tests.Demo;

/// <summary>What the loss of servers means to two people who see each other: a line of text.</summary>
public sealed class CallLossTests(FailureCluster cluster, Browser browser)
    : FailureTests(cluster),
        IClassFixture<Browser>
{
    [Fact]
    public async Task A_killed_node_does_not_end_the_call_and_the_page_says_so()
    {
        var (alice, bob) = await SeeEachOtherAsync();
        var node = Cluster.Servers.Nodes.Single(node => node.ListeningAddress == bob.Session.ListeningAddress);
        // A page of its own node's notices, and the other one may.
        alice.Tab.WillLoseServers();
        bob.Tab.WillLoseServers();

        await node.KillAsync();

        await Eventually.HoldsAsync(async () => (await bob.Tab.StatesAsync()).ShouldContain("reconnecting"));
        await Expect(bob.Tab.Page.GetByTestId("announcer")).ToContainTextAsync("Your call goes on.");
        await bob.Tab.PictureAsync("call-7-node-killed");
        await bob.Tab.ShowsAsync("listening");
        await Expect(bob.Tab.MyKey).Not.ToHaveTextAsync(bob.Session.ListeningKey);
        await alice.Tab.ShowsAsync("listening");
        await GoesOnAsync(alice.Tab, bob.Tab);
    }

    [Fact]
    public async Task A_drained_node_hands_the_page_over_and_nothing_of_it_is_seen()
    {
        var (alice, bob) = await SeeEachOtherAsync();
        var node = Cluster.Servers.Nodes.Single(node => node.ListeningAddress == bob.Session.ListeningAddress);
        await Cluster.InternalOf(0).ChangeNodeAsync(node.Name, new { state = "draining" });
        try
        {
            await Expect(bob.Tab.MyKey).Not.ToHaveTextAsync(bob.Session.ListeningKey);
            await Cluster.NoSessionIsLeftAsync(node, TimeSpan.FromSeconds(60));
            await GoesOnAsync(alice.Tab, bob.Tab);
            (await alice.Tab.StatesAsync()).ShouldBe(["signed-out", "connecting", "listening"]);
            (await bob.Tab.StatesAsync()).ShouldBe(["signed-out", "connecting", "listening"]);
        }
        finally
        {
            await Cluster.InternalOf(0).ChangeNodeAsync(node.Name, new { state = "ready" });
        }
    }

    [Fact]
    public async Task A_restarted_webapp_does_not_end_the_call_and_the_page_says_so()
    {
        // A socket is the node's and would not notice at all; a stream is the webapp's.
        var (alice, bob) = await SeeEachOtherAsync("?listen=sse");
        await Expect(alice.Tab.Detail).ToContainTextAsync("by server-sent events");
        alice.Tab.WillLoseServers();

        await Cluster.Servers.Webapps[0].KillAsync();

        await alice.Tab.ShowsAsync("reconnecting");
        await Expect(alice.Tab.Detail).ToContainTextAsync("Your call goes on.");
        await alice.Tab.PictureAsync("call-8-webapp-killed");
        await alice.Tab.SeesMoreAsync();
        await Cluster.Servers.Webapps[0].StartAsync(Token);
        await alice.Tab.ShowsAsync("listening");
        (await bob.Tab.StatesAsync()).ShouldBe(["signed-out", "connecting", "listening"]);
        await GoesOnAsync(alice.Tab, bob.Tab);
    }

    /// <summary>They still see each other, and signals find their way: the other hears of the end.</summary>
    private static async Task GoesOnAsync(Tab alice, Tab bob)
    {
        await alice.SeesMoreAsync();
        await bob.SeesMoreAsync();
        await bob.ShowsCallAsync("connected");
        await alice.HangUp.ClickAsync();
        await Expect(bob.CallState).ToContainTextAsync("hung up.");
        alice.Complaints.Concat(bob.Complaints).ShouldBeEmpty();
    }

    private async Task<(Person Alice, Person Bob)> SeeEachOtherAsync(string aliceQuery = "")
    {
        var alice = await SignInAsync("alice", webapp: 0, aliceQuery);
        var bob = await SignInAsync("bob", webapp: 1);
        await alice.Tab.To.FillAsync(bob.Session.UserId);
        await alice.Tab.CallVideo.ClickAsync();
        await bob.Tab.Accept.ClickAsync();
        await alice.Tab.SeesMoreAsync();
        await bob.Tab.SeesMoreAsync();
        return (alice, bob);
    }

    private async Task<Person> SignInAsync(string name, int webapp, string query = "")
    {
        var tab = await Tab.OpenAsync(await browser.OpenWindowAsync(), Cluster.ApiOf(webapp), query);
        return new(tab, await tab.ListenAsync($"{name}-{Guid.NewGuid():N}"[..12]));
    }

    private sealed record Person(Tab Tab, ConnectedSession Session);
}
