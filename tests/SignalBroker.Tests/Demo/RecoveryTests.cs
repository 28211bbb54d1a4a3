using System.Net;
using SignalBroker.LocalCluster;
using SignalBroker.Tests.Harness;
using static Microsoft.Playwright.Assertions;

namespace SignalBroker.Tests.Demo;

/// <summary>How the demo page comes back by itself.</summary>
public sealed class RecoveryTests(TestCluster cluster, Browser browser, ShieldedWebapp shielded)
    : BrowserTests(cluster, browser),
        IClassFixture<ShieldedWebapp>
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_page_whose_socket_was_cut_listens_again_and_the_next_signal_arrives(bool hasName)
    {
        var alice = await OpenAsync(Cluster.Api);
        var first = await alice.ListenAsync(hasName ? Fresh("alice") : "");
        var sender = await Cluster.Api.ConnectAsync();
        // Whom it watches the page may just be saying; then it says so again to the next session.
        alice.WillBeRefused("/presence/subscriptions");

        var second = await alice.ReadSessionAsync(() => CutAsync(first));
        await Expect(alice.MyKey).ToHaveTextAsync(second.ListeningKey);
        await alice.ShowsAsync("listening");
        var answer = await Cluster.ApiOf(1).ExchangeAsync(sender, new { to = first.UserId, content = "the next one" });

        second.ListeningKey.ShouldNotBe(first.ListeningKey);
        second.UserId.ShouldBe(first.UserId);
        // Others go on to know it under the old name.
        answer.Outcomes.ShouldContain((first.ListeningKey, "queued"), answer.Body);
        await Expect(alice.Messages).ToHaveCountAsync(1);
        await Expect(alice.Messages).ToContainTextAsync("the next one");
        await Expect(alice.WireLog).ToContainTextAsync("The socket closed");
        (await alice.StatesAsync()).ShouldBe(["signed-out", "connecting", "listening", "reconnecting", "listening"]);
    }

    [Fact]
    public async Task Without_a_node_the_page_counts_down_as_the_webapp_asks_and_comes_back_when_there_is_one()
    {
        var alice = await OpenAsync(new Api(shielded.Webapp.PublicAddress));
        alice.WillBeRefused("/connect");
        await shielded.CutOffAsync();
        try
        {
            await alice.UserId.FillAsync(Fresh("alice"));
            await alice.Connect.ClickAsync();
            await Expect(alice.Detail).ToContainTextAsync("No node has room right now. Next try in ");
            await Expect(alice.Connect).ToHaveAttributeAsync("aria-disabled", "true");
            await alice.PictureAsync("6-no-node");

            for (var impatience = 0; impatience < 5; impatience++)
            {
                await alice.Connect.ClickAsync(new() { Force = true });
            }

            await Expect(alice.Detail).ToContainTextAsync("Next try in 3 s.");
            alice.RequestsTo("/connect").ShouldBe(1);
        }
        finally
        {
            shielded.LetThrough();
        }

        await alice.ShowsAsync("listening");
    }

    /// <summary>Makes the session's node close its connection, which the page has not asked for.</summary>
    private Task CutAsync(ConnectedSession session) =>
        Management.CloseConnectionsAsync(Cluster.NodeOf(session), session.ListeningKey);
}

/// <summary>A webapp that can be cut off from all nodes while everybody else goes on using them.</summary>
public sealed class ShieldedWebapp(TestCluster cluster) : IAsyncLifetime
{
    private readonly List<TcpProxy> proxies = [];

    public Webapp Webapp { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        var settings = new Dictionary<string, string>();
        foreach (var (index, node) in cluster.Servers.Nodes.Index())
        {
            var address = new UriBuilder(node.AmqpAddress);
            var port = address.Port;
            proxies.Add(new TcpProxy(() => [port]));
            address.Port = proxies[^1].Port;
            settings[$"Nodes:{index}:AmqpAddress"] = address.Uri.OriginalString;
        }

        Webapp = await cluster.Servers.AddWebappAsync(settings);
    }

    /// <summary>Loses all nodes, and waits until the webapp knows.</summary>
    public async Task CutOffAsync()
    {
        foreach (var proxy in proxies)
        {
            proxy.Blackhole();
            proxy.Cut();
        }

        var webapp = new Api(Webapp.InternalAddress);
        await Eventually.HoldsAsync(async () =>
            (await webapp.GetAsync("/health/ready")).Status.ShouldBe(HttpStatusCode.ServiceUnavailable)
        );
    }

    public void LetThrough() => proxies.ForEach(proxy => proxy.Forward());

    public async ValueTask DisposeAsync()
    {
        await Webapp.StopAsync();
        foreach (var proxy in proxies)
        {
            await proxy.DisposeAsync();
        }
    }
}
