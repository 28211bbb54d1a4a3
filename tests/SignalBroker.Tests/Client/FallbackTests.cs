using SignalBroker.Tests.Demo;

namespace SignalBroker.Tests.Client;

/// <summary>The client where WebSockets are blocked, and where it sends through its socket.</summary>
public sealed class FallbackTests(ClientSite site, Browser browser) : ClientTests(site, browser)
{
    [Fact]
    public async Task Without_WebSockets_a_call_comes_about_and_outlives_a_restart_of_the_webapp()
    {
        var caller = await OpenAsync();
        var callee = await OpenAsync();
        foreach (var (page, userId) in new[] { (caller, Alice), (callee, Bob) })
        {
            await page.RunAsync("() => void (globalThis.blocksSockets = true)");
            await page.ListenAsync(userId);
            (await page.RunAsync<string>("() => me.state.by")).ShouldBe("sse");
            (await page.RunAsync<int>("() => sockets.length")).ShouldBeGreaterThan(1);
        }

        await callee.RunAsync("() => acceptAll()");
        await caller.CallAsync(Bob, VideoAndChannel);
        await caller.SeesAsync(videos: 1);
        await callee.SeesAsync(videos: 1);

        await Site.Webapp.RestartAsync(Token);

        foreach (var page in new[] { caller, callee })
        {
            await page.HoldsAsync("states.filter((state) => state === 'listening by sse').length >= 2");
        }

        // Not only the connection has stayed, also what they negotiate by.
        await callee.RunAsync("async () => callOf().addMedia(await media({ video: true }))");
        await caller.SeesAsync(videos: 2);
        await caller.TalksWithAsync(callee);
    }

    [Fact]
    public async Task A_client_that_sends_through_its_socket_posts_nothing()
    {
        var throughSocket = new { send = "socket" };
        var caller = await ListenAsync(Alice, throughSocket);
        var callee = await ListenAsync(Bob, throughSocket);
        await callee.RunAsync("() => acceptAll()");

        await caller.CallAsync(Bob, new { video = true });
        await caller.SeesAsync(videos: 1);
        await callee.SeesAsync(videos: 1);
        var outcomes = await caller.RunAsync<string[]>(
            """
            async (bob) => {
              const sent = await Promise.all(Array.from({ length: 30 }, (_, number) => me.send(bob, number)));
              return sent.map(({ sessions }) => sessions.map(({ outcome }) => outcome).join());
            }
            """,
            Bob
        );
        await callee.HoldsAsync("signals.length === 30");
        var refusal = await caller.RunAsync<string>(
            "(nobody) => me.send(nobody, 1).then(() => 'sent', ({ code, status }) => `${status} ${code}`)",
            $"nobody-{Guid.NewGuid():N}"
        );

        outcomes.ShouldBe(Enumerable.Repeat("queued", 30));
        (await callee.RunAsync<int[]>("() => signals.map(({ content }) => content)")).ShouldBe(Enumerable.Range(0, 30));
        (
            await callee.RunAsync<bool>("() => signals.every(({ fromSession }) => fromSession?.startsWith('s.'))")
        ).ShouldBeTrue();
        refusal.ShouldBe("404 user-not-listening");
        (await caller.RunAsync<string[]>("() => requests")).ShouldBe(["/connect"]);
        (await callee.RunAsync<string[]>("() => requests")).ShouldBe(["/connect"]);
    }
}
