using SignalBroker.Tests.Demo;

namespace SignalBroker.Tests.Client;

/// <summary>What happens until somebody answers, or nobody does.</summary>
public sealed class RingingTests(ClientSite site, Browser browser) : ClientTests(site, browser)
{
    [Fact]
    public async Task One_of_a_users_three_pages_answers_and_the_others_stop_ringing()
    {
        var caller = await ListenAsync(Alice);
        ClientPage[] devices = [await ListenAsync(Bob), await ListenAsync(Bob), await ListenAsync(Bob)];
        foreach (var device in devices)
        {
            await device.RunAsync("() => ring()");
        }

        var calling = caller.CallAsync(Bob);
        foreach (var device in devices)
        {
            await device.HoldsAsync("rings.length === 1");
        }

        await devices[1].RunAsync("() => void rings[0].accept()");

        foreach (var other in new[] { devices[0], devices[2] })
        {
            (await other.RunAsync<string>("() => rings[0].ended")).ShouldBe("answered-elsewhere");
            (await other.RunAsync<int>("() => me.calls.length")).ShouldBe(0);
        }

        await calling;
        await caller.TalksWithAsync(devices[1]);
    }

    [Fact]
    public async Task Of_two_pages_that_answer_at_once_one_gets_the_call()
    {
        var caller = await ListenAsync(Alice);
        ClientPage[] devices = [await ListenAsync(Bob), await ListenAsync(Bob)];
        foreach (var device in devices)
        {
            await device.RunAsync("() => { ring(); trap.holdBefore = 'accept'; }");
        }

        var calling = caller.CallAsync(Bob);
        foreach (var device in devices)
        {
            await device.HoldsAsync("rings.length === 1");
            await device.RunAsync("() => void rings[0].accept().catch(() => undefined)");
            await device.HoldsAsync("trap.isHolding");
        }

        await Task.WhenAll(devices.Select(device => device.RunAsync("() => trap.release()")));

        await calling;
        var ends = await Task.WhenAll(devices.Select(device => device.RunAsync<string>("() => rings[0].ended")));
        ends.Order().ShouldBe(["accepted", "answered-elsewhere"]);
        await caller.TalksWithAsync(devices[Array.IndexOf(ends, "accepted")]);
    }

    [Theory]
    [InlineData("rings[0].decline()", "declined")]
    [InlineData("rings[0].busy()", "busy")]
    [InlineData("undefined", "no-answer")]
    public async Task The_caller_hears_why_nobody_answers(string reaction, string code)
    {
        var caller = await ListenAsync(Alice);
        var callee = await ListenAsync(Bob);
        await callee.RunAsync("() => ring()");

        var heard = caller.RunAsync<string>(
            "(bob) => me.call(bob, { ringFor: 2000 }).then(() => 'answered', ({ code }) => code)",
            Bob
        );
        await callee.HoldsAsync("rings.length === 1");
        await callee.RunAsync($"() => {reaction}");

        (await heard).ShouldBe(code);
        await callee.RunAsync("() => rings[0].ended");
    }

    [Fact]
    public async Task Who_takes_one_call_at_a_time_is_busy_for_the_next_caller()
    {
        var callee = await ListenAsync(Bob, new { calls = new { atOnce = 1 } });
        await callee.RunAsync("() => acceptAll()");
        var first = await ListenAsync(Alice);
        await first.CallAsync(Bob);
        var second = await ListenAsync($"carol-{Guid.NewGuid():N}");

        var heard = await second.RunAsync<string>(
            "(bob) => me.call(bob).then(() => 'answered', ({ code }) => code)",
            Bob
        );

        heard.ShouldBe("busy");
        await first.TalksWithAsync(callee);
    }

    [Fact]
    public async Task Nobody_rings_where_nobody_listens()
    {
        var caller = await ListenAsync(Alice);

        var heard = await caller.RunAsync<string>(
            "(bob) => me.call(bob).then(() => 'answered', ({ code }) => code)",
            Bob
        );

        heard.ShouldBe("user-not-listening");
    }

    [Fact]
    public async Task A_caller_who_gives_up_or_leaves_stops_the_ringing()
    {
        var caller = await ListenAsync(Alice);
        var callee = await ListenAsync(Bob);
        await callee.RunAsync("() => ring()");

        await caller.RunAsync(
            """
            (bob) => {
              globalThis.giveUp = new AbortController();
              globalThis.heard = me.call(bob, { signal: giveUp.signal }).catch(({ code }) => code);
            }
            """,
            Bob
        );
        await callee.HoldsAsync("rings.length === 1");
        await caller.RunAsync("() => giveUp.abort()");
        (await caller.RunAsync<string>("() => heard")).ShouldBe("aborted");
        (await callee.RunAsync<string>("() => rings[0].ended")).ShouldBe("cancelled");

        await caller.RunAsync("(bob) => void me.call(bob).catch(() => undefined)", Bob);
        await callee.HoldsAsync("rings.length === 2");
        await caller.Page.GotoAsync("about:blank");
        (await callee.RunAsync<string>("() => rings[1].ended")).ShouldBe("cancelled");
    }
}
