using SignalBroker.Tests.Demo;

namespace SignalBroker.Tests.Client;

/// <summary>Rooms between pages that use the TypeScript client.</summary>
public sealed class RoomTests(ClientSite site, Browser browser) : ClientTests(site, browser)
{
    [Fact]
    public async Task Three_pages_talk_in_a_room_and_each_knows_who_is_there()
    {
        var (owner, member, fox) = (await ListenAsync(Alice), await ListenAsync(Bob), await ListenAsync($"{Bob}-2"));
        var made = await owner.RunAsync<string[]>(
            "() => me.createRoom({ name: 'Kitchen' }).then((made) => { enter(made); return [made.id, made.joinCode]; })"
        );
        await member.RunAsync("([id, joinCode]) => me.joinRoom(id, { joinCode }).then(enter)", made);
        await fox.RunAsync(
            "([id, joinCode]) => me.joinRoom(id, { joinCode, alias: 'Fox', anonymous: true }).then(enter)",
            made
        );
        ClientPage[] pages = [owner, member, fox];
        foreach (var page in pages)
        {
            await page.HoldsAsync($"namesIn(room) === '{Alice},{Bob},Fox'");
        }

        (await owner.RunAsync<bool>("() => room.send('hello').then(({ hidden }) => hidden)")).ShouldBeTrue();
        // Signals of different senders keep no order.
        await member.HoldsAsync("heard.join() === 'hello'");
        await fox.RunAsync("() => room.send('it is me', { to: room.members[1] })");
        await member.HoldsAsync("heard.join() === 'hello,it is me'");
        await fox.HoldsAsync("heard.join() === 'hello'");
        (await member.RunAsync<string>("() => room.signals.at(-1).fromAlias")).ShouldBe("Fox");

        // It hears of nothing while this happens.
        await member.RunAsync("() => { Math.random = () => 0.9; sockets.at(-1).close(); }");
        await fox.RunAsync("() => room.leave()");
        await member.HoldsAsync($"me.state.name === 'listening' && namesIn(room) === '{Alice},{Bob}'");

        // A page that is loaded again is in its rooms.
        await Site.GoAsync(owner);
        await owner.ListenAsync(Alice);
        await owner.RunAsync("() => me.rooms().then(([mine]) => enter(mine))");
        await member.RunAsync("() => room.send('welcome back')");
        await owner.HoldsAsync("heard.join() === 'welcome back'");

        await owner.RunAsync("() => room.close()");
        await member.HoldsAsync("room.end === 'closed'");
        (await member.RunAsync<string>("() => room.send('?').catch(({ code }) => code)")).ShouldBe("room-not-found");
    }

    [Fact]
    public async Task A_stored_signal_waits_for_the_page_that_enters_its_room_again()
    {
        var (owner, member) = (await ListenAsync(Alice), await ListenAsync(Bob));
        var made = await owner.RunAsync<string[]>(
            "() => me.createRoom().then((made) => { enter(made); return [made.id, made.joinCode]; })"
        );
        await member.RunAsync("([id, joinCode]) => me.joinRoom(id, { joinCode })", made);
        await member.RunAsync("() => me.close()");
        await owner.RunAsync("() => { globalThis.receipts = []; me.onReceipt((told) => receipts.push(told)); }");

        var stored = await owner.RunAsync<int>(
            "() => room.send('for later', { store: 'always', receipt: 'delivered' }).then(({ stored }) => stored)"
        );
        await member.ListenAsync(Bob);
        await member.RunAsync("() => me.rooms().then(([mine]) => enter(mine))");

        stored.ShouldBe(1);
        await member.HoldsAsync("heard.join() === 'for later'");
        await owner.HoldsAsync("receipts[0]?.outcome === 'delivered' && receipts[0].room === room.id");
        (await member.RunAsync<int>("() => signals.length")).ShouldBe(0);
    }
}
