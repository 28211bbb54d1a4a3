using SignalBroker.Tests.Demo;

namespace SignalBroker.Tests.Client;

/// <summary>The client beside other libraries.</summary>
public sealed class NeighbourTests(ClientSite site, Browser browser) : ClientTests(site, browser)
{
    [Fact]
    public async Task Simple_peer_works_on_top_of_it()
    {
        const string Listen = """
            async ([url, userId]) => {
              globalThis.heard = [];
              globalThis.talk = await listenWithSimplePeer(url, userId, (peer) => {
                peer.on("connect", () => peer.send(`hello from ${userId}`));
                peer.on("data", (data) => heard.push(new TextDecoder().decode(data)));
              });
            }
            """;
        var caller = await OpenAsync();
        var callee = await OpenAsync();
        await caller.RunAsync(Listen, new[] { Site.Webapp.PublicAddress, Alice });
        await callee.RunAsync(Listen, new[] { Site.Webapp.PublicAddress, Bob });

        await caller.RunAsync("(bob) => void talk.call(bob)", Bob);

        await caller.HoldsAsync("heard.length > 0");
        await callee.HoldsAsync("heard.length > 0");
        (await caller.RunAsync<string>("() => heard[0]")).ShouldBe($"hello from {Bob}");
        (await callee.RunAsync<string>("() => heard[0]")).ShouldBe($"hello from {Alice}");
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
}
