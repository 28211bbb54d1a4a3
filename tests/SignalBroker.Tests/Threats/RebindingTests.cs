using System.Net;
using SignalBroker.LocalCluster;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Threats;

/// <summary>A stranger's host name that leads to the internal port opens nothing there, and neither does a made-up node.</summary>
public sealed class RebindingTests(TestCluster cluster, NamedWebapp named) : IClassFixture<NamedWebapp>
{
    private static readonly string[] Paths = ["/admin/nodes", "/admin/strange-behaviors", "/health/ready", "/x"];

    [Theory]
    [InlineData("elsewhere.example")]
    [InlineData("elsewhere.example:8081")]
    [InlineData("127.0.0.1.elsewhere.example")]
    [InlineData("localhost.elsewhere.example")]
    [InlineData("signalbroker.elsewhere.example")]
    [InlineData("svc.cluster.local")]
    public async Task Any_other_host_is_refused(string host)
    {
        foreach (var path in Paths)
        {
            var answer = await GetAsync(path, host);

            answer.Status.ShouldBe(HttpStatusCode.Forbidden, path);
            answer.Code.ShouldBe("host-not-allowed", path);
        }

        var question = new HttpRequestMessage(HttpMethod.Post, "/broker-access/sb1/user")
        {
            Content = new FormUrlEncodedContent([]),
        };
        question.Headers.Host = host;
        (await new Api(named.Webapp.InternalAddress).SendAsync(question)).Code.ShouldBe("host-not-allowed");
    }

    [Fact]
    public async Task The_log_says_that_hosts_are_refused()
    {
        (await GetAsync("/admin/nodes", "elsewhere.example")).Code.ShouldBe("host-not-allowed");

        await Eventually.HoldsAsync(async () =>
            (await File.ReadAllTextAsync(named.Webapp.LogFile)).ShouldContain("under the name elsewhere.example")
        );
    }

    [Theory]
    [InlineData("127.0.0.1:8081")]
    [InlineData("10.1.2.3")]
    [InlineData("[::1]:8081")]
    [InlineData("localhost:8081")]
    [InlineData("signalbroker:8081")]
    [InlineData("SignalBroker")]
    [InlineData("webapp.default.svc.cluster.local")]
    public async Task Addresses_and_the_configured_names_are_served(string host)
    {
        (await GetAsync("/admin/nodes", host)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_balancer_that_names_no_host_is_served()
    {
        var answer = await RawHttp.SendAsync(new(named.Webapp.InternalAddress), "GET /health/ready HTTP/1.0\r\n\r\n");

        answer.ShouldStartWith("HTTP/1.1 200");
    }

    [Fact]
    public async Task The_public_port_goes_by_any_name()
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "/health/live");
        request.Headers.Host = "signal.example";

        (await cluster.Api.SendAsync(request)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("user")]
    [InlineData("vhost")]
    [InlineData("resource")]
    [InlineData("topic")]
    public async Task A_made_up_node_asks_in_vain_and_leaves_no_row(string question)
    {
        var session = await cluster.Api.ConnectAsync();
        var node = $"made-up-{Guid.NewGuid():N}";
        var login = new Dictionary<string, string>
        {
            ["username"] = session.ListeningKey,
            ["password"] = session.Passcode,
        };

        var answer = await cluster.InternalOf(0).PostFormAsync($"/broker-access/{node}/{question}", login);

        answer.Status.ShouldBe(HttpStatusCode.NotFound);
        answer.Code.ShouldBe("not-found");

        // What comes after it in the record has been written, and the session is still good for its own node.
        var own = $"/broker-access/{cluster.NodeOf(session).Name}/user";
        login["password"] = "wrong";
        (await cluster.InternalOf(0).PostFormAsync(own, login)).Body.ShouldBe("deny");
        await StrangeRows.ExpectAsync(cluster.InternalOf(0), "bruteForce", session.ListeningKey);
        foreach (var kind in new[] { "wrongNode", "bruteForce" })
        {
            (await StrangeRows.FindAsync(cluster.InternalOf(0), kind, row => row.Node == node)).ShouldBeEmpty();
        }

        login["password"] = session.Passcode;
        (await cluster.InternalOf(0).PostFormAsync(own, login)).Body.ShouldBe("allow");
    }

    private Task<Answer> GetAsync(string path, string host)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Host = host;
        return new Api(named.Webapp.InternalAddress).SendAsync(request);
    }
}

/// <summary>A webapp whose internal port has names, as in a container's network.</summary>
public sealed class NamedWebapp(TestCluster cluster) : IAsyncLifetime
{
    public Webapp Webapp { get; private set; } = null!;

    public async ValueTask InitializeAsync() =>
        Webapp = await cluster.Servers.AddWebappAsync(
            new Dictionary<string, string>
            {
                ["Internal:AllowedHosts:0"] = "signalbroker",
                ["Internal:AllowedHosts:1"] = "*.svc.cluster.local",
            }
        );

    public async ValueTask DisposeAsync() => await Webapp.StopAsync();
}
