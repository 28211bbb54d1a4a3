using SignalBroker.LocalCluster;
using SignalBroker.Tests.Demo;

namespace SignalBroker.Tests.Client;

/// <summary>A page finds out which region is the nearest one.</summary>
public sealed class NearestTests(ClientSite site, Browser browser) : ClientTests(site, browser)
{
    // Each way, and a WebSocket needs two of them.
    private static readonly TimeSpan Far = TimeSpan.FromSeconds(0.5);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_page_listens_in_the_region_that_answers_first(int near)
    {
        var nodes = Site.Servers.Nodes.Take(2).ToArray();
        await using var slow = new TcpProxy(() => [new Uri(nodes[1 - near].ListeningAddress).Port]) { Delay = Far };
        var webapp = await Site.AddWebappAsync(
            ("Regions:Listed", "true"),
            ("Nodes:0:Region", "eu"),
            ("Nodes:1:Region", "us"),
            ($"Nodes:{1 - near}:ListeningAddress", $"ws://127.0.0.1:{slow.Port}/ws")
        );
        var page = await OpenAsync();

        for (var time = 0; time < 5; time++)
        {
            await page.ListenAsync(
                Alice,
                new
                {
                    place = new { region = "nearest" },
                    listen = "websocket",
                    mqtt = false,
                },
                webapp.PublicAddress
            );
            (await page.RunAsync<string>("() => sockets.at(-1).url")).ShouldBe(nodes[near].ListeningAddress);
        }

        await webapp.StopAsync(Token);
    }
}
