using SignalBroker.Tests.Demo;

namespace SignalBroker.Tests.Client;

/// <summary>Calls between real browsers with the TypeScript client.</summary>
public sealed class CallTests(ClientSite site, Browser browser) : ClientTests(site, browser)
{
    [Fact]
    public async Task Two_pages_talk_over_a_data_channel_and_hang_up()
    {
        var caller = await ListenAsync(Alice);
        var callee = await ListenAsync(Bob);
        await callee.RunAsync("() => acceptAll()");

        await caller.CallAsync(Bob, new { info = "lunch" });
        await caller.TalksWithAsync(callee);
        (await callee.RunAsync<string>("() => `${calls[0].peer} about ${calls[0].info}`")).ShouldBe(
            $"{Alice} about lunch"
        );
        await caller.RunAsync("() => me.calls[0].hangUp()");

        (await callee.RunAsync<string>("async () => (await calls[0].ended).reason")).ShouldBe("peer-hung-up");
        (await caller.RunAsync<int>("() => me.calls.length")).ShouldBe(0);
        (await callee.RunAsync<int>("() => me.calls.length")).ShouldBe(0);
    }

    [Fact]
    public async Task Ten_mebibytes_arrive_as_they_were_sent()
    {
        const int Length = 10 * 1024 * 1024;
        var caller = await ListenAsync(Alice);
        var callee = await ListenAsync(Bob);
        await callee.RunAsync("() => acceptAll()");
        await caller.CallAsync(Bob);
        await callee.HoldsAsync("calls.length === 1");

        var received = callee.RunAsync<string>("(length) => download(length)", Length);
        var sent = await caller.RunAsync<string>("(length) => upload(length)", Length);

        sent.Length.ShouldBe(64);
        (await received).ShouldBe(sent);
    }

    [Fact]
    public async Task Both_see_and_hear_each_other_and_a_track_that_comes_later()
    {
        var caller = await ListenAsync(Alice);
        var callee = await ListenAsync(Bob);
        await callee.RunAsync("() => acceptAll()");

        await caller.CallAsync(Bob, new { video = true });

        foreach (var page in new[] { caller, callee })
        {
            await page.SeesAsync(videos: 1);
            (
                await page.RunAsync<string[]>("() => calls[0].remoteStream.getTracks().map(({ kind }) => kind).sort()")
            ).ShouldBe(["audio", "video"]);
        }

        await callee.RunAsync("async () => calls[0].addMedia(await media({ video: true }))");
        await caller.SeesAsync(videos: 2);
    }

    [Fact]
    public async Task Both_may_change_the_call_at_once()
    {
        var caller = await ListenAsync(Alice);
        var callee = await ListenAsync(Bob);
        await callee.RunAsync("() => acceptAll()");
        await caller.CallAsync(Bob);
        await caller.TalksWithAsync(callee);
        foreach (var page in new[] { caller, callee })
        {
            await page.RunAsync("async () => void (globalThis.camera = await media({ video: true }))");
            // Each must hear of the other's offer only after it has made its own.
            await page.RunAsync("() => void (trap.holdBefore = 'negotiate')");
        }

        await Task.WhenAll(
            caller.RunAsync("() => calls[0].addMedia(camera)"),
            callee.RunAsync("() => calls[0].addMedia(camera)")
        );
        foreach (var page in new[] { caller, callee })
        {
            await page.HoldsAsync("trap.isHolding && callOf().connection.signalingState === 'have-local-offer'");
        }

        await caller.RunAsync("() => trap.release()");
        await callee.RunAsync("() => trap.release()");

        await caller.SeesAsync(videos: 1);
        await callee.SeesAsync(videos: 1);
        await caller.TalksWithAsync(callee);
    }

    [Fact]
    public async Task When_both_call_at_once_exactly_one_call_comes_of_it_fifty_times()
    {
        var first = await ListenAsync(Alice);
        var second = await ListenAsync(Bob);
        await first.RunAsync("() => acceptAll()");
        await second.RunAsync("() => acceptAll()");

        for (var round = 0; round < 50; round++)
        {
            var ids = round % 2 == 0 ? await CallAtOnceAsync(first, second) : await CrossAsync(first, second);

            ids[0].ShouldBe(ids[1]);
            foreach (var page in new[] { first, second })
            {
                (await page.RunAsync<string[]>("() => me.calls.map(({ id }) => id)")).ShouldBe([ids[0]]);
            }

            await first.RunAsync("() => me.calls[0].hangUp()");
            await second.HoldsAsync("me.calls.length === 0");
        }
    }

    private Task<string[]> CallAtOnceAsync(ClientPage first, ClientPage second) =>
        Task.WhenAll(first.CallAsync(Bob), second.CallAsync(Alice));

    /// <summary>Each hears of the other's call only after it has made its own.</summary>
    private async Task<string[]> CrossAsync(ClientPage first, ClientPage second)
    {
        ClientPage[] pages = [first, second];
        foreach (var page in pages)
        {
            await page.RunAsync("() => Object.assign(trap, { holdBefore: 'ring', isHolding: false })");
        }

        var calling = CallAtOnceAsync(first, second);
        foreach (var page in pages)
        {
            await page.HoldsAsync("trap.isHolding");
        }

        await Task.WhenAll(pages.Select(page => page.RunAsync("() => trap.release()")));
        return await calling;
    }

    [Fact]
    public async Task One_may_talk_with_several_at_once_and_ends_each_call_for_itself()
    {
        var carolId = $"carol-{Guid.NewGuid():N}";
        var alice = await ListenAsync(Alice);
        var bob = await ListenAsync(Bob);
        var carol = await ListenAsync(carolId);
        await alice.RunAsync("() => acceptAll()");
        await bob.RunAsync("() => acceptAll()");

        await Task.WhenAll(alice.CallAsync(Bob), carol.CallAsync(Alice));

        await alice.HoldsAsync("me.calls.length === 2");
        await bob.TalksWithAsync(alice);
        await carol.TalksWithAsync(alice);
        await bob.RunAsync("() => callOf().hangUp()");
        await alice.HoldsAsync("me.calls.length === 1");
        await carol.TalksWithAsync(alice);
    }
}
