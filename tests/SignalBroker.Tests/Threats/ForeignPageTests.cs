using System.Net;
using SignalBroker.LocalCluster;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Threats;

/// <summary>A page of another site can't have its visitor's browser change anything: no form opens sessions in anybody's name.</summary>
public sealed class ForeignPageTests(TestCluster cluster, BehindProxy behind) : IClassFixture<BehindProxy>
{
    private const string Elsewhere = "https://elsewhere.example";

    private static readonly string[] Changing = ["post", "put", "delete", "patch"];

    private readonly string userId = $"visitor-{Guid.NewGuid():N}";

    private string Own => cluster.Api.Address.GetLeftPart(UriPartial.Authority);

    [Theory]
    [InlineData(Elsewhere)]
    [InlineData("null")]
    [InlineData("")]
    public async Task Whatever_changes_something_is_refused_on_every_path(string origin)
    {
        var description = await cluster.Api.GetAsync("/openapi/v1.json");
        var changes =
            from path in description.Json.GetProperty("paths").EnumerateObject()
            from operation in path.Value.EnumerateObject()
            where Changing.Contains(operation.Name)
            select (Path: path.Name.Replace("{", "").Replace("}", ""), Method: operation.Name, operation.Value);

        foreach (var (path, method, operation) in changes)
        {
            operation.GetProperty("responses").TryGetProperty("403", out _).ShouldBeTrue($"{method} {path}");
            var api = path.StartsWith("/admin/", StringComparison.Ordinal) ? cluster.InternalOf(0) : cluster.Api;
            ExpectRefused(await SendAsync(api, method, path, origin), $"{method} {path}");
        }

        (await cluster.RowsOfAsync(userId)).ShouldBe(0);
    }

    [Fact]
    public async Task So_it_is_on_the_internal_port()
    {
        ExpectRefused(await SendAsync(cluster.InternalOf(0), "post", "/broker-access/sb1/user", Elsewhere), "user");
    }

    [Theory]
    [InlineData("http://{host}.elsewhere.example:{port}")]
    [InlineData("http://elsewhere.example:{port}")]
    [InlineData("https://{host}:{port}")]
    [InlineData("http://{host}:{port}0")]
    [InlineData("http://{host}")]
    [InlineData("http://{host}:{port}/")]
    public async Task What_only_resembles_the_own_origin_is_another(string origin)
    {
        var similar = origin
            .Replace("{host}", cluster.Api.Address.Host)
            .Replace("{port}", $"{cluster.Api.Address.Port}");

        ExpectRefused(await SendAsync(cluster.Api, "post", "/connect", similar), similar);
    }

    [Fact]
    public async Task Two_origins_are_none()
    {
        var request = ConnectRequest();
        request.Headers.Add("Origin", [Own, Elsewhere]);

        ExpectRefused(await cluster.Api.SendAsync(request), "two");
    }

    [Fact]
    public async Task The_own_pages_and_those_without_an_origin_come_in()
    {
        (await SendAsync(cluster.Api, "post", "/connect", Own)).Status.ShouldBe(HttpStatusCode.OK);
        (await SendAsync(cluster.Api, "post", "/connect", origin: null)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Pages_of_a_named_origin_come_in()
    {
        (await SendAsync(behind.Api, "post", "/connect", BehindProxy.Named)).Status.ShouldBe(HttpStatusCode.OK);
        ExpectRefused(await SendAsync(behind.Api, "post", "/connect", Elsewhere), "another");
    }

    [Theory]
    [InlineData("Host", "signal.example")]
    [InlineData("Host", "signal.example:443")]
    [InlineData("X-Forwarded-Host", "signal.example")]
    public async Task Behind_a_TLS_proxy_the_own_origin_is_what_the_proxy_says(string header, string value)
    {
        (await ThroughProxyAsync(behind.Api, header, value)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Somebody_who_is_no_proxy_says_nothing()
    {
        var stranger = new Api(behind.Webapp.PublicAddress, IPAddress.Parse("127.0.0.2"));

        ExpectRefused(await ThroughProxyAsync(stranger, "Host", "signal.example"), "not trusted");
    }

    // Chromium, Firefox and Safari say it wherever they came by TLS, whatever the proxies before the webapp do.
    [Theory]
    [InlineData("https://signal.example")]
    [InlineData("null")]
    public async Task What_the_browser_itself_calls_the_same_origin_comes_in(string origin)
    {
        var request = ConnectRequest();
        request.Headers.Add("Origin", origin);
        request.Headers.Add("Sec-Fetch-Site", "same-origin");

        (await cluster.Api.SendAsync(request)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("same-site")]
    [InlineData("cross-site")]
    [InlineData("none")]
    public async Task What_it_calls_anything_else_does_not(string site)
    {
        var request = ConnectRequest();
        request.Headers.Add("Origin", Elsewhere);
        request.Headers.Add("Sec-Fetch-Site", site);

        ExpectRefused(await cluster.Api.SendAsync(request), site);
    }

    [Fact]
    public async Task The_log_says_that_pages_are_refused()
    {
        var webapp = cluster.Servers.Webapps[0];
        var request = ConnectRequest();
        request.Headers.Add("Origin", Elsewhere);
        ExpectRefused(await new Api(webapp.PublicAddress).SendAsync(request), Elsewhere);

        await Eventually.HoldsAsync(async () =>
            (await File.ReadAllTextAsync(webapp.LogFile)).ShouldContain("Refused a page of")
        );
    }

    [Fact]
    public async Task A_page_may_still_read_what_everybody_may()
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "/health/live");
        request.Headers.Add("Origin", Elsewhere);

        (await cluster.Api.SendAsync(request)).Status.ShouldBe(HttpStatusCode.OK);
    }

    private static void ExpectRefused(Answer answer, string what)
    {
        answer.Status.ShouldBe(HttpStatusCode.Forbidden, what);
        answer.Code.ShouldBe("origin-not-allowed", what);
    }

    private Task<Answer> SendAsync(Api api, string method, string path, string? origin)
    {
        var request = ConnectRequest();
        (request.Method, request.RequestUri) = (new(method.ToUpperInvariant()), new(path, UriKind.Relative));
        if (origin is not null)
        {
            request.Headers.Add("Origin", origin);
        }

        return api.SendAsync(request);
    }

    private Task<Answer> ThroughProxyAsync(Api api, string header, string value)
    {
        var request = ConnectRequest();
        request.Headers.Add("Origin", "https://signal.example");
        request.Headers.Add("X-Forwarded-Proto", "https");
        request.Headers.Add(header, value);
        return api.SendAsync(request);
    }

    private HttpRequestMessage ConnectRequest() =>
        new(HttpMethod.Post, "/connect")
        {
            Content = new FormUrlEncodedContent(new Dictionary<string, string> { ["userId"] = userId }),
        };
}

/// <summary>A webapp behind a proxy at 127.0.0.1, which pages of one other origin may use.</summary>
public sealed class BehindProxy(TestCluster cluster) : IAsyncLifetime
{
    public const string Named = "https://app.example";

    public Webapp Webapp { get; private set; } = null!;

    public Api Api => new(Webapp.PublicAddress);

    public async ValueTask InitializeAsync() =>
        Webapp = await cluster.Servers.AddWebappAsync(
            new Dictionary<string, string>
            {
                ["Proxies:TrustedNetworks:0"] = "127.0.0.1/32",
                ["Cors:Origins:0"] = Named,
            }
        );

    public async ValueTask DisposeAsync() => await Webapp.StopAsync();
}
