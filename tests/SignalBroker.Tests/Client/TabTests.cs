using System.Net;
using System.Net.Sockets;
using SignalBroker.LocalCluster;
using SignalBroker.Tests.Demo;

namespace SignalBroker.Tests.Client;

/// <summary>Tabs of a user who may have one session, and pages that something keeps from the server.</summary>
public sealed class TabTests(ClientSite site, Browser browser) : ClientTests(site, browser)
{
    [Fact]
    public async Task Of_two_tabs_that_replace_each_other_the_newer_one_stays()
    {
        var webapp = await Site.AddWebappAsync(("Sessions:PerUser", "Replace"));
        var old = await OpenAsync();
        await old.ListenAsync(Alice, webapp: webapp.PublicAddress);

        var young = await OpenAsync();
        await young.ListenAsync(Alice, webapp: webapp.PublicAddress);

        await old.HoldsAsync("me.state.name === 'closed'");
        (await old.RunAsync<string>("() => me.state.problem.code")).ShouldBe("session-replaced");
        await young.RunAsync("(alice) => me.send(alice, 'still here')", Alice);
        await young.HoldsAsync("signals.at(-1)?.content === 'still here'");
        (await young.RunAsync<string>("() => states.join()")).ShouldBe("connecting,listening by websocket");
        (await old.RunAsync<int>("() => requests.filter((path) => path === '/connect').length")).ShouldBe(1);
        await webapp.StopAsync(Token);
    }

    [Fact]
    public async Task A_page_that_is_reloaded_takes_over_from_itself_though_its_network_was_dead()
    {
        var webapp = await Site.AddWebappAsync(("Sessions:PerUser", "Reject"));
        var page = await OpenAsync();
        var node = Site.Servers.Nodes[0];
        // Stands for a network that has gone without a word.
        await using var network = new TcpProxy(() => [new Uri(node.ListeningAddress).Port]);
        await page.RunAsync("(detour) => void (globalThis.detour = detour)", $"ws://127.0.0.1:{network.Port}/ws");
        // Sessions on the other node are refused there, and it asks for another one.
        await page.ListenAsync(Alice, new { listen = "websocket", mqtt = false }, webapp.PublicAddress);
        await page.Page.Context.RouteAsync("**/disconnect", route => route.AbortAsync());
        network.Blackhole();

        await Site.GoAsync(page);
        await page.ListenAsync(Alice, webapp: webapp.PublicAddress);

        (await page.RunAsync<string>("() => states.join()")).ShouldBe("connecting,listening by websocket");
        var other = await OpenAsync();
        (
            await other.RunAsync<string>(
                "([url, alice]) => start(url, alice).catch(({ code }) => code)",
                new[] { webapp.PublicAddress, Alice }
            )
        ).ShouldBe("user-already-connected");
        await webapp.StopAsync(Token);
    }

    [Fact]
    public async Task A_page_whose_policy_forbids_WebSockets_listens_by_server_sent_events()
    {
        var page = await OpenAsync();
        await page.RunAsync(
            """
            () => {
              const policy = document.createElement('meta');
              policy.httpEquiv = 'Content-Security-Policy';
              policy.content = 'connect-src http:';
              document.head.append(policy);
            }
            """
        );

        await page.ListenAsync(Alice);

        (await page.RunAsync<string>("() => me.state.by")).ShouldBe("sse");
        (await page.RunAsync<double>("() => performance.now() - began")).ShouldBeLessThan(5000);
    }

    [Fact]
    public async Task A_page_whose_WebSockets_are_swallowed_listens_by_server_sent_events_after_the_first()
    {
        using var firewall = new TcpListener(IPAddress.Loopback, 0);
        firewall.Start();
        var page = await OpenAsync();
        await page.RunAsync("(address) => void (globalThis.detour = address)", $"ws://{firewall.LocalEndpoint}/ws");

        await page.ListenAsync(Alice, new { mqtt = false });

        (await page.RunAsync<string>("() => me.state.by")).ShouldBe("sse");
        (await page.RunAsync<int>("() => sockets.length")).ShouldBe(1);
    }

    [Fact]
    public async Task An_error_names_the_setting_that_keeps_a_page_away()
    {
        var webapp = await Site.Servers.AddWebappAsync([new("Cors:Origins:0", "https://other.example")], Token);
        var page = await OpenAsync();

        var error = await page.RunAsync<string>(
            "([url, alice]) => start(url, alice, { timeout: 1000 }).catch(({ code, message }) => `${code}: ${message}`)",
            new[] { webapp.PublicAddress, Alice }
        );

        error.ShouldStartWith("unreachable: ");
        var origin = new Uri(page.Page.Url).GetLeftPart(UriPartial.Authority);
        error.ShouldEndWith(
            $"If the browser's console mentions CORS, add this page's origin, {origin}, to the server's Cors:Origins."
        );
        await webapp.StopAsync(Token);
    }
}
