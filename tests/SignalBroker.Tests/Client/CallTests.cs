using SignalBroker.Tests.Demo;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Client;

/// <summary>Calls between real browsers with the TypeScript client.</summary>
[Collection<BrowserCollection>]
public sealed class CallTests(Browser browser, ClientSite site) : IClassFixture<ClientSite>
{
    private const string AcceptAll = "() => void me.onCall(async (incoming) => calls.push(await incoming.accept()))";

    private readonly string alice = $"alice-{Guid.NewGuid():N}";
    private readonly string bob = $"bob-{Guid.NewGuid():N}";

    [Fact]
    public async Task Two_pages_talk_over_a_data_channel_and_hang_up()
    {
        await using var caller = await ListenAsync(alice);
        await using var callee = await ListenAsync(bob);
        await callee.RunAsync(
            """
            () => void me.onCall(async (incoming) => {
              const call = await incoming.accept();
              calls.push(call);
              const channel = await call.channel();
              channel.onmessage = ({ data }) => channel.send(`${incoming.from} said ${data} about ${incoming.info}`);
            })
            """
        );

        var echo = await caller.RunAsync<string>(
            """
            async (bob) => {
              const call = await me.call(bob, { info: "lunch" });
              const channel = await call.channel();
              const answer = new Promise((resolve) => (channel.onmessage = ({ data }) => resolve(data)));
              channel.send("hello");
              return answer;
            }
            """,
            bob
        );
        await caller.RunAsync("() => me.calls[0].hangUp()");

        echo.ShouldBe($"{alice} said hello about lunch");
        (await callee.RunAsync<string>("async () => (await calls[0].ended).reason")).ShouldBe("peer-hung-up");
        (await caller.RunAsync<int>("() => me.calls.length")).ShouldBe(0);
    }

    [Fact]
    public async Task Both_see_and_hear_each_other_and_a_track_that_comes_later()
    {
        const string Media = "await navigator.mediaDevices.getUserMedia({ audio: true, video: true })";
        await using var caller = await ListenAsync(alice);
        await using var callee = await ListenAsync(bob);
        await callee.RunAsync(
            $"() => void me.onCall(async (incoming) => calls.push(await incoming.accept({{ media: {Media} }})))"
        );

        await caller.RunAsync($"async (bob) => calls.push(await me.call(bob, {{ media: {Media} }}))", bob);

        foreach (var page in new[] { caller, callee })
        {
            await DecodesFramesAsync(page, videos: 1);
            (
                await page.RunAsync<string[]>("() => calls[0].remoteStream.getTracks().map(({ kind }) => kind).sort()")
            ).ShouldBe(["audio", "video"]);
        }

        await callee.RunAsync(
            "async () => calls[0].addMedia(await navigator.mediaDevices.getUserMedia({ video: true }))"
        );
        await DecodesFramesAsync(caller, videos: 2);
    }

    [Fact]
    public async Task When_both_call_at_once_exactly_one_call_comes_of_it()
    {
        await using var first = await ListenAsync(alice);
        await using var second = await ListenAsync(bob);
        await first.RunAsync(AcceptAll);
        await second.RunAsync(AcceptAll);
        const string Call =
            "async (other) => { const call = await me.call(other); await call.channel(); return call.id; }";

        for (var round = 0; round < 10; round++)
        {
            var ids = await Task.WhenAll(first.RunAsync<string>(Call, bob), second.RunAsync<string>(Call, alice));

            ids[0].ShouldBe(ids[1]);
            (await first.RunAsync<int>("() => me.calls.length")).ShouldBe(1);
            (await second.RunAsync<int>("() => me.calls.length")).ShouldBe(1);
            await first.RunAsync("() => me.calls[0].hangUp()");
            await second.HoldsAsync("me.calls.length === 0");
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(40)]
    [InlineData(90)]
    public async Task A_call_comes_about_although_both_lose_their_sockets_meanwhile(int afterMs)
    {
        await using var caller = await ListenAsync(alice);
        await using var callee = await ListenAsync(bob);
        await callee.RunAsync(
            """
            (afterMs) => void me.onCall((incoming) => {
              incoming.accept().then((call) => calls.push(call));
              setTimeout(() => sockets.at(-1).close(), afterMs);
            })
            """,
            afterMs
        );

        var keys = await caller.RunAsync<string[]>(
            """
            async ([bob, afterMs]) => {
              const before = me.session.listeningKey;
              const calling = me.call(bob);
              setTimeout(() => sockets.at(-1).close(), Number(afterMs));
              const call = await calling;
              await call.channel();
              return [before, me.session.listeningKey];
            }
            """,
            new[] { bob, afterMs.ToString() }
        );
        await caller.HoldsAsync("me.state.name === 'listening'");

        await callee.HoldsAsync("calls[0]?.state.name === 'connected'");
        keys.Length.ShouldBe(2);
        (await caller.RunAsync<int>("() => sockets.length")).ShouldBeGreaterThan(1);
        (await callee.RunAsync<int>("() => me.calls.length")).ShouldBe(1);
    }

    [Fact]
    public async Task One_of_a_users_pages_answers_and_the_others_stop_ringing()
    {
        await using var caller = await ListenAsync(alice);
        await using var desk = await ListenAsync(bob);
        await using var phone = await ListenAsync(bob);
        const string Ring = "() => void me.onCall((incoming) => { globalThis.ringing = incoming; })";
        await desk.RunAsync(Ring);
        await phone.RunAsync(Ring);

        await caller.RunAsync("(bob) => { globalThis.calling = me.call(bob); }", bob);
        await desk.HoldsAsync("globalThis.ringing !== undefined");
        await phone.HoldsAsync("globalThis.ringing !== undefined");
        await phone.RunAsync("async () => void (await ringing.accept())");

        (await desk.RunAsync<string>("() => ringing.ended")).ShouldBe("answered-elsewhere");
        (await desk.RunAsync<int>("() => me.calls.length")).ShouldBe(0);
        await caller.RunAsync("async () => void (await (await calling).connected)");
    }

    [Theory]
    [InlineData("incoming.decline()", "declined")]
    [InlineData("incoming.busy()", "busy")]
    [InlineData("undefined", "no-answer")]
    public async Task The_caller_hears_why_nobody_answers(string reaction, string code)
    {
        await using var caller = await ListenAsync(alice);
        await using var callee = await ListenAsync(bob);
        await callee.RunAsync($"() => void me.onCall((incoming) => {{ globalThis.ringing = incoming; {reaction}; }})");

        var heard = await caller.RunAsync<string>(
            "(bob) => me.call(bob, { ringFor: 2000 }).then(() => 'answered', ({ code }) => code)",
            bob
        );

        heard.ShouldBe(code);
        await callee.RunAsync("() => ringing.ended");
    }

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
        await using var caller = await site.OpenAsync(browser);
        await using var callee = await site.OpenAsync(browser);
        await caller.RunAsync(Listen, new[] { site.Url, alice });
        await callee.RunAsync(Listen, new[] { site.Url, bob });

        await caller.RunAsync("(bob) => void talk.call(bob)", bob);

        await caller.HoldsAsync("heard.length > 0");
        await callee.HoldsAsync("heard.length > 0");
        (await caller.RunAsync<string>("() => heard[0]")).ShouldBe($"hello from {bob}");
        (await callee.RunAsync<string>("() => heard[0]")).ShouldBe($"hello from {alice}");
    }

    private async Task<ClientPage> ListenAsync(string userId)
    {
        var page = await site.OpenAsync(browser);
        await page.ListenAsync(userId);
        return page;
    }

    private static Task DecodesFramesAsync(ClientPage page, int videos) =>
        Eventually.HoldsAsync(async () =>
            (
                await page.RunAsync<int>(
                    """
                    async () => {
                      const stats = [...(await calls[0].connection.getStats()).values()];
                      return stats.filter(({ type, kind, framesDecoded }) =>
                        type === "inbound-rtp" && kind === "video" && framesDecoded > 5).length;
                    }
                    """
                )
            ).ShouldBe(videos)
        );
}
