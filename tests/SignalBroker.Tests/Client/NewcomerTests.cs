using SignalBroker.LocalCluster;
using SignalBroker.Tests.Demo;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Client;

/// <summary>What is sent to a member before its page can have a handler for it.</summary>
public sealed class NewcomerTests(ClientSite site, Browser browser) : ClientTests(site, browser)
{
    // A browser opens six connections to a server over HTTP/1.1, and each stream of events holds one.
    private const int Newcomers = 4;

    [Theory]
    [InlineData("websocket", "broadcast", null, 0)]
    [InlineData("websocket", "broadcast", null, 80)]
    [InlineData("websocket", "host", null, 80)]
    [InlineData("websocket", "broadcast", "ifOffline", 80)]
    [InlineData("sse", "broadcast", null, 0)]
    [InlineData("sse", "broadcast", null, 80)]
    [InlineData("sse", "host", "ifOffline", 80)]
    public async Task A_newcomer_gets_the_offer_that_a_member_sends_it_on_joining(
        string listen,
        string kind,
        string? store,
        int delayMs
    )
    {
        await using var slow = new TcpProxy(() => [new Uri(Site.Webapp.PublicAddress).Port])
        {
            Delay = TimeSpan.FromMilliseconds(delayMs),
        };
        var owner = await ListenAsync(Alice);
        var room = await owner.RunAsync<string>(
            """
            async ([kind, store]) => {
              globalThis.outcomes = [];
              const room = await me.createRoom({ kind, open: true });
              const send = (content, to) => room.send(content, { to, ...(store === null ? {} : { store }) });
              room.onMembers(({ joined }) => joined.forEach(async (member) => {
                const sent = [send(`offer to ${member.id}`, member), send(`candidate to ${member.id}`, member)];
                outcomes.push(...(await Promise.all(sent)).flatMap(({ nodes }) => nodes.map(({ outcome }) => outcome)));
              }));
              return room.id;
            }
            """,
            new[] { kind, store }
        );
        var newcomer = await OpenAsync();

        var missing = await newcomer.RunAsync<string[]>(
            """
            async ([url, userId, listen, id, count]) => {
              const missing = new Set();
              for (let number = 0; number < count; number++) {
                await start(url, `${userId}-${number}`, { listen });
                const { userId: mine } = me;
                const room = await me.joinRoom(id);
                const wanted = [`offer to ${room.me.id}`, `candidate to ${room.me.id}`];
                missing.add(mine);
                room.onSignal(({ content }) => {
                  if (content !== wanted.shift()) throw new Error(`${content} is out of order.`);
                  if (wanted.length === 0) missing.delete(mine);
                });
              }
              const until = performance.now() + 10_000;
              while (missing.size > 0 && performance.now() < until) {
                await new Promise((resolve) => setTimeout(resolve, 20));
              }
              return [...missing];
            }
            """,
            new object[] { $"http://127.0.0.1:{slow.Port}", Bob, listen, room, Newcomers }
        );

        missing.ShouldBeEmpty();
        await owner.HoldsAsync($"outcomes.join() === '{string.Join(',', Enumerable.Repeat("queued", 2 * Newcomers))}'");
    }

    [Theory]
    [InlineData("websocket")]
    [InlineData("sse")]
    public async Task A_page_that_enters_its_room_later_gets_what_has_come_meanwhile(string listen)
    {
        var (owner, member) = (await ListenAsync(Alice), await ListenAsync(Bob, new { listen }));
        var room = await owner.RunAsync<string>(
            "() => me.createRoom({ open: true }).then((made) => { enter(made); return made.id; })"
        );
        await member.RunAsync("(id) => me.joinRoom(id)", room);
        await Site.GoAsync(member);
        await member.ListenAsync(Bob, new { listen });
        await Eventually.HoldsAsync(async () =>
        {
            await owner.RunAsync("(bob) => me.send(bob, 'are you there?').catch(() => undefined)", Bob);
            (await member.RunAsync<int>("() => signals.length")).ShouldBeGreaterThan(0);
        });

        await owner.RunAsync("() => room.send('welcome')");
        await owner.RunAsync("(bob) => me.send(bob, 'I have said it')", Bob);
        // On one connection, what was sent before has come before.
        await member.HoldsAsync("signals.at(-1).content === 'I have said it'");
        await member.RunAsync("() => me.rooms().then(([mine]) => enter(mine))");

        await member.HoldsAsync("heard.join() === 'welcome'");
    }
}
