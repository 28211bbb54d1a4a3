using SignalBroker.Tests.Demo;

namespace SignalBroker.Tests.Client;

/// <summary>Signals that wait in the server until a page has done with them.</summary>
public sealed class StoredSignalTests(ClientSite site, Browser browser) : ClientTests(site, browser)
{
    [Fact]
    public async Task A_stored_signal_survives_a_killed_socket_and_a_page_reload_and_arrives_once()
    {
        var sender = await ListenAsync(Alice);
        var receiver = await OpenAsync();
        await ListenWithMemoryAsync(receiver);
        await SendAsync(sender, 1);
        await ReceivesAsync(receiver, "1");

        // Nothing tells the sender that this socket is dead.
        await receiver.RunAsync("() => { Math.random = () => 0.9; sockets.at(-1).close(); }");
        await SendAsync(sender, 2);
        await SendAsync(sender, 3);
        await ReceivesAsync(receiver, "1 2 3");
        await receiver.HoldsAsync("recoveries.at(-1)?.recovered");

        // The page is left before anybody has heard that it has done with the fourth.
        await receiver.RunAsync("() => void (globalThis.blockedPath = '/inbox/settle')");
        await SendAsync(sender, 4);
        await ReceivesAsync(receiver, "1 2 3 4");
        await receiver.HoldsAsync("failures.includes('/inbox/settle')");
        await receiver.Page.GotoAsync("about:blank");
        await SendAsync(sender, 5);
        await Site.GoAsync(receiver);
        await ListenWithMemoryAsync(receiver);

        await ReceivesAsync(receiver, "5");
        await receiver.HoldsAsync("recoveries.at(-1)?.recovered");
        await SendAsync(sender, 6);
        await ReceivesAsync(receiver, "5 6");
        await IsSettledAsync(receiver, 6);
    }

    [Fact]
    public async Task What_a_handler_could_not_do_comes_again_with_the_next_session()
    {
        var sender = await ListenAsync(Alice);
        var receiver = await OpenAsync();
        await receiver.RunAsync(
            "async ([url, bob]) => { await start(url, bob, { inbox: { settle: 'manual' } }); }",
            new[] { Site.Webapp.PublicAddress, Bob }
        );
        await SendAsync(sender, 1);
        await SendAsync(sender, 2);
        await ReceivesAsync(receiver, "1 2");

        await receiver.RunAsync("() => { me.settle(signals[1]); return me.close(); }");
        await receiver.RunAsync("() => void (signals.length = 0)");
        await receiver.ListenAsync(Bob);

        await ReceivesAsync(receiver, "1");
        await IsSettledAsync(receiver, 2);
    }

    [Fact]
    public async Task Its_sender_has_a_receipt_that_waits_for_it()
    {
        var sender = await ListenAsync(Alice, new { device = "laptop" });
        await sender.RunAsync("(bob) => me.send(bob, 1, { id: 'seven', store: 'always', receipt: 'delivered' })", Bob);
        await sender.RunAsync("() => me.close()");

        await ListenAsync(Bob, new { device = "phone" });

        await sender.ListenAsync(Alice, new { device = "laptop" });
        await sender.RunAsync("() => { globalThis.receipts = []; me.onReceipt((told) => receipts.push(told)); }");
        await sender.HoldsAsync("receipts.length > 0");
        (
            await sender.RunAsync<string>(
                "() => receipts.map(({ id, outcome, to, device }) => [id, outcome, to, device].join(' ')).join()"
            )
        ).ShouldBe($"seven delivered {Bob} phone");
    }

    [Fact]
    public async Task One_device_gets_what_is_for_it_alone()
    {
        var sender = await ListenAsync(Alice);
        var phone = await ListenAsync(Bob, new { device = "phone" });
        var laptop = await ListenAsync(Bob, new { device = "laptop", send = "socket" });

        await sender.RunAsync("(bob) => me.send({ user: bob, device: 'phone' }, 'phone', { store: 'always' })", Bob);
        await sender.RunAsync("(bob) => me.send(bob, 'both', { store: 'always' })", Bob);

        await ReceivesAsync(phone, "phone both");
        await ReceivesAsync(laptop, "both");
        await IsSettledAsync(phone, 2);
        await IsSettledAsync(laptop, 2);
    }

    private Task ListenWithMemoryAsync(ClientPage page) =>
        page.RunAsync(
            """
            async ([url, bob]) => {
              await start(url, bob, { device: "phone", inbox: { storage: localStorage } });
              globalThis.recoveries = [];
              me.onRecovery((told) => recoveries.push(told));
            }
            """,
            new[] { Site.Webapp.PublicAddress, Bob }
        );

    private async Task SendAsync(ClientPage sender, int number) =>
        (
            await sender.RunAsync<bool>(
                "([bob, number]) => me.send(bob, number, { store: 'always' }).then(({ stored }) => stored)",
                new object[] { Bob, number }
            )
        ).ShouldBeTrue();

    private static Task ReceivesAsync(ClientPage page, string contents) =>
        page.HoldsAsync($"signals.map(({{ content }}) => content).join(' ') === '{contents}'");

    /// <summary>The device has nothing left to settle up to here.</summary>
    private static Task IsSettledAsync(ClientPage page, int sequence) =>
        page.HoldsAsync($"inbox().then(({{ settledThrough }}) => settledThrough === {sequence})");
}
