using System.Net;
using System.Net.Sockets;
using Microsoft.Playwright;
using SignalBroker.LocalCluster;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Demo;

/// <summary>Which other sites' pages may use a webapp: those that its configuration names, and no others.</summary>
[Collection<BrowserCollection>]
public sealed class ForeignOriginTests(TestCluster cluster, Browser browser, TwoSites sites) : IClassFixture<TwoSites>
{
    private const string Json = """{ headers: { "Content-Type": "application/json" }, body: '{"userId":"USER"}' }""";
    private const string Form = """{ body: new URLSearchParams({ userId: "USER" }) }""";

    private readonly string userId = $"far-{Guid.NewGuid():N}";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_site_that_is_not_named_gets_no_answer_and_opens_no_session(bool othersAreNamed)
    {
        var webapp = othersAreNamed ? sites.Open.PublicAddress : cluster.Api.Address.GetLeftPart(UriPartial.Authority);
        await using var window = await browser.OpenWindowAsync();
        var console = new List<string>();
        var page = await OpenAsync(window, sites.Stranger, console);

        var attempt = await page.EvaluateAsync<string>($"attempt('{webapp}/connect', {Json.Replace("USER", userId)})");

        attempt.ShouldBe("TypeError");
        (await cluster.RowsOfAsync(userId)).ShouldBe(0);
        console.ShouldContain(message => message.Contains("blocked by CORS policy"));
    }

    [Fact]
    public async Task Nor_does_its_plain_form_which_is_sent_without_asking_first()
    {
        await using var window = await browser.OpenWindowAsync();
        var console = new List<string>();
        var page = await OpenAsync(window, sites.Stranger, console);

        var attempt = await page.EvaluateAsync<string>(
            $"attempt('{sites.Open.PublicAddress}/connect', {Form.Replace("USER", userId)})"
        );

        attempt.ShouldBe("TypeError");
        console.ShouldContain(message => message.Contains("blocked by CORS policy"));
        (await cluster.RowsOfAsync(userId)).ShouldBe(0);
    }

    [Fact]
    public async Task A_named_site_connects_listens_sends_disconnects_and_can_read_what_went_wrong()
    {
        await using var window = await browser.OpenWindowAsync();
        var console = new List<string>();
        var page = await OpenAsync(window, sites.Friend, console);

        var report = await page.EvaluateAsync<string>($"talk('{sites.Open.PublicAddress}', '{userId}')");

        report.ShouldBe("queued, from far away, 204, 401, unauthorized");
        console.ShouldNotContain(message => message.Contains("CORS"));
    }

    [Fact]
    public async Task A_named_site_is_told_to_slow_down_in_words_that_it_can_read()
    {
        using var http = HttpFrom(IPAddress.Parse("127.0.0.2"));
        http.DefaultRequestHeaders.Add("Origin", sites.Friend.Origin);

        HttpResponseMessage answer;
        do
        {
            answer = await http.PostAsync(
                new Uri($"{sites.Open.PublicAddress}/connect"),
                content: null,
                TestContext.Current.CancellationToken
            );
        } while (answer.StatusCode != HttpStatusCode.TooManyRequests);

        answer.Headers.RetryAfter.ShouldNotBeNull();
        answer.Headers.GetValues("Access-Control-Allow-Origin").ShouldBe([sites.Friend.Origin]);
        answer.Headers.GetValues("Access-Control-Expose-Headers").ShouldBe(["Retry-After"]);
    }

    private static async Task<IPage> OpenAsync(IBrowserContext window, Site site, List<string> console)
    {
        var page = await window.NewPageAsync();
        page.Console += (_, message) => console.Add(message.Text);
        await page.GotoAsync(site.Origin);
        return page;
    }

    // Limits count by address: a flood from another one leaves the browser's alone.
    private static HttpClient HttpFrom(IPAddress address) =>
        new(
            new SocketsHttpHandler
            {
                UseProxy = false,
                ConnectCallback = async (context, cancellationToken) =>
                {
                    var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                    socket.Bind(new IPEndPoint(address, 0));
                    await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
                    return new NetworkStream(socket, ownsSocket: true);
                },
            }
        );
}

/// <summary>Two sites on origins of their own, and a webapp that names the first of them.</summary>
public sealed class TwoSites(TestCluster cluster) : IAsyncLifetime
{
    public Site Friend { get; private set; } = null!;

    public Site Stranger { get; private set; } = null!;

    /// <summary>The webapp that friends may use, at no great speed.</summary>
    public Webapp Open { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Friend = await Site.StartAsync();
        Stranger = await Site.StartAsync();
        Open = await cluster.Servers.AddWebappAsync(
            new Dictionary<string, string>
            {
                ["Cors:Origins:0"] = Friend.Origin,
                ["RateLimits:RequestsPerSecondOfAddress"] = "50",
            }
        );
    }

    public async ValueTask DisposeAsync()
    {
        await Open.StopAsync();
        await Friend.DisposeAsync();
        await Stranger.DisposeAsync();
    }
}
