using System.Net;
using System.Net.Sockets;
using SignalBroker.Tests.Client;
using SignalBroker.Tests.Demo;

namespace SignalBroker.Tests.Mqtt;

/// <summary>The TypeScript client by MQTT in real browsers, and where it has to do without.</summary>
public sealed class MqttClientTests(ClientSite site, Browser browser) : ClientTests(site, browser)
{
    [Fact]
    public async Task Two_pages_talk_by_MQTT_also_after_both_have_lost_their_sockets()
    {
        var caller = await ListenAsync(Alice);
        var callee = await ListenAsync(Bob);
        foreach (var page in new[] { caller, callee })
        {
            (await StateOfAsync(page)).ShouldBe("listening by mqtt");
            (await page.RunAsync<string>("() => sockets.map(({ protocol }) => protocol).join()")).ShouldBe("mqtt");
        }

        await callee.RunAsync("() => acceptAll()");
        await caller.CallAsync(Bob);
        await caller.TalksWithAsync(callee);

        foreach (var page in new[] { caller, callee })
        {
            await page.RunAsync("() => sockets.at(-1).close()");
            await page.HoldsAsync("sockets.length === 2 && me.state.protocol === 'mqtt'");
        }

        await caller.RunAsync("(bob) => me.send(bob, 'grüße 🦊')", Bob);
        await callee.HoldsAsync("signals.some(({ content }) => content === 'grüße 🦊')");
        await caller.TalksWithAsync(callee);
    }

    [Fact]
    public async Task A_page_sends_through_its_socket_and_posts_nothing()
    {
        var alice = await ListenAsync(Alice, new { send = "socket" });
        var bob = await ListenAsync(Bob);

        var outcomes = await alice.RunAsync<string[]>(
            """
            async (bob) => {
              const sent = await Promise.all(Array.from({ length: 30 }, (_, number) => me.send(bob, number)));
              return sent.map(({ sessions }) => sessions.map(({ outcome }) => outcome).join());
            }
            """,
            Bob
        );
        await bob.HoldsAsync("signals.length === 30");
        var refusal = await alice.RunAsync<string>(
            "(nobody) => me.send(nobody, 1).then(() => 'sent', ({ code, status }) => `${status} ${code}`)",
            $"nobody-{Guid.NewGuid():N}"
        );
        await alice.RunAsync("(bob) => me.send(bob, 'x'.repeat(60_000))", Bob);

        outcomes.ShouldBe(Enumerable.Repeat("queued", 30));
        (await bob.RunAsync<int[]>("() => signals.slice(0, 30).map(({ content }) => content)")).ShouldBe(
            Enumerable.Range(0, 30)
        );
        await bob.HoldsAsync("signals.at(-1).content.length === 60_000");
        refusal.ShouldBe("404 user-not-listening");
        (await alice.RunAsync<string[]>("() => requests")).ShouldBe(["/connect"]);
        (await StateOfAsync(alice)).ShouldBe("listening by mqtt");
    }

    [Fact]
    public async Task Where_MQTT_is_refused_on_the_way_the_same_session_listens_by_STOMP()
    {
        var page = await OpenAsync();
        await page.RunAsync("() => void (globalThis.blockedProtocol = 'mqtt')");

        await page.ListenAsync(Alice);

        (await StateOfAsync(page)).ShouldBe("listening by stomp");
        (await page.RunAsync<string[]>("() => requests")).ShouldBe(["/connect"]);
        await page.RunAsync("() => sockets.at(-1).close()");
        await page.HoldsAsync("me.state.name === 'listening' && sockets.length >= 3");
        (await page.RunAsync<string>("() => sockets.slice(1).map(({ protocol }) => protocol).join()")).ShouldBe(
            "v12.stomp,v12.stomp"
        );
    }

    [Fact]
    public async Task Where_sockets_of_both_protocols_are_swallowed_server_sent_events_are_there_within_5_s()
    {
        using var firewall = new TcpListener(IPAddress.Loopback, 0);
        firewall.Start();
        var page = await OpenAsync();
        await page.RunAsync("(address) => void (globalThis.detour = address)", $"ws://{firewall.LocalEndpoint}/ws");

        await page.ListenAsync(Alice);

        (await StateOfAsync(page)).ShouldBe("listening by sse");
        (await page.RunAsync<int>("() => sockets.length")).ShouldBe(2);
        // The second session, for the stream, and the stream itself are what the servers make of the rest.
        (await page.RunAsync<double>("() => performance.now() - began")).ShouldBeLessThan(8000);
    }

    [Fact]
    public async Task Where_its_part_of_the_library_cant_be_loaded_the_first_socket_speaks_STOMP()
    {
        var window = await Browser.OpenWindowAsync();
        await window.RouteAsync("**/signalbroker.mqtt.min.js", route => route.AbortAsync());
        var page = await OpenAsync(window);

        await page.ListenAsync(Alice);

        (await StateOfAsync(page)).ShouldBe("listening by stomp");
        (await page.RunAsync<string>("() => sockets.map(({ protocol }) => protocol).join()")).ShouldBe("v12.stomp");
    }

    [Fact]
    public async Task An_application_may_turn_it_off()
    {
        var requested = new List<string>();
        var page = await OpenAsync();
        page.Page.Request += (_, request) => requested.Add(request.Url);

        await page.ListenAsync(Alice, new { mqtt = false });

        (await StateOfAsync(page)).ShouldBe("listening by stomp");
        requested.ShouldNotContain(url => url.Contains("mqtt", StringComparison.Ordinal));
    }

    private static Task<string> StateOfAsync(ClientPage page) =>
        page.RunAsync<string>("() => `${me.state.name} by ${me.state.protocol ?? me.state.by}`");
}
