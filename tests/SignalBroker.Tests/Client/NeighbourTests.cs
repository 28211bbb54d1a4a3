using SignalBroker.Tests.Demo;

namespace SignalBroker.Tests.Client;

/// <summary>The client beside other libraries.</summary>
public sealed class NeighbourTests(ClientSite site, Browser browser) : ClientTests(site, browser)
{
    [Fact]
    public async Task Simple_peer_works_on_top_of_it()
    {
        var caller = await ListenWithSimplePeerAsync(Alice);
        var callee = await ListenWithSimplePeerAsync(Bob);

        await caller.RunAsync("(bob) => void talk.call(bob)", Bob);

        await GreetEachOtherAsync(caller, callee);
    }

    [Fact]
    public async Task When_both_call_at_once_with_simple_peer_they_are_connected_once()
    {
        var first = await ListenWithSimplePeerAsync(Alice);
        var second = await ListenWithSimplePeerAsync(Bob);
        // Each hears of the other's offer only after it has made its own.
        await first.RunAsync("() => holdOffers()");
        await second.RunAsync("() => holdOffers()");
        await first.RunAsync("(bob) => void talk.call(bob)", Bob);
        await second.RunAsync("(alice) => void talk.call(alice)", Alice);
        await first.HoldsAsync("held === 1");
        await second.HoldsAsync("held === 1");

        await first.RunAsync("() => releaseOffers()");
        await second.RunAsync("() => releaseOffers()");

        await GreetEachOtherAsync(first, second);
        foreach (var page in new[] { first, second })
        {
            await page.HoldsAsync("peers.filter((peer) => !peer.destroyed).length === 1");
            (await page.RunAsync<int>("() => heard.length")).ShouldBe(1);
        }
    }

    [Fact]
    public async Task Simple_peer_hears_that_nobody_is_there()
    {
        var caller = await OpenAsync();

        var heard = caller.RunAsync<string>(
            """
            async ([url, userId, other]) => {
              const { me, call } = await listenWithSimplePeer(url, userId, () => undefined);
              const peer = call(other);
              await new Promise((resolve) => peer.on("close", resolve));
              await me.close();
              return "closed";
            }
            """,
            new[] { Site.Webapp.PublicAddress, Alice, Bob }
        );

        (await heard).ShouldBe("closed");
    }

    private async Task<ClientPage> ListenWithSimplePeerAsync(string userId)
    {
        var page = await OpenAsync();
        await page.RunAsync(
            """
            async ([url, userId]) => {
              Object.assign(globalThis, { heard: [], peers: [], held: 0 });
              let offers = Promise.resolve();
              globalThis.holdOffers = () => {
                offers = new Promise((release) => (globalThis.releaseOffers = release));
              };
              const send = globalThis.fetch;
              globalThis.fetch = async (url, init) => {
                if (init?.body?.includes('"type":"offer"')) {
                  held++;
                  await offers;
                }
                return send(url, init);
              };
              globalThis.talk = await listenWithSimplePeer(url, userId, (peer) => {
                peers.push(peer);
                peer.on("connect", () => peer.send(`hello from ${userId}`));
                peer.on("data", (data) => heard.push(new TextDecoder().decode(data)));
              });
            }
            """,
            new[] { Site.Webapp.PublicAddress, userId }
        );
        return page;
    }

    private async Task GreetEachOtherAsync(ClientPage alice, ClientPage bob)
    {
        await alice.HoldsAsync("heard.length > 0");
        await bob.HoldsAsync("heard.length > 0");
        (await alice.RunAsync<string>("() => heard[0]")).ShouldBe($"hello from {Bob}");
        (await bob.RunAsync<string>("() => heard[0]")).ShouldBe($"hello from {Alice}");
    }
}
