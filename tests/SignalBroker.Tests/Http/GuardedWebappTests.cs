using System.Net;
using SignalBroker.LocalCluster;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Http;

/// <summary>A webapp with low limits, whose internal port is open to one loopback address only.</summary>
public sealed class GuardedWebapp(TestCluster cluster) : IAsyncLifetime
{
    public const int RequestsPerSecond = 40;
    public const int SignalsPerSecond = 5;

    public Webapp Webapp { get; private set; } = null!;

    public async ValueTask InitializeAsync() =>
        Webapp = await cluster.Servers.AddWebappAsync(
            new Dictionary<string, string>
            {
                ["Internal:AllowedNetworks:0"] = "127.0.0.1/32",
                ["RateLimits:RequestsPerSecondOfAddress"] = $"{RequestsPerSecond}",
                ["RateLimits:SignalsPerSecondOfSession"] = $"{SignalsPerSecond}",
            }
        );

    public async ValueTask DisposeAsync() => await Webapp.StopAsync();
}

/// <summary>What keeps strangers off the internal port, and floods from hurting others.</summary>
public sealed class GuardedWebappTests(TestCluster cluster, GuardedWebapp guarded) : IClassFixture<GuardedWebapp>
{
    [Fact]
    public async Task The_internal_port_serves_the_allowed_networks_only()
    {
        var allowed = new Api(guarded.Webapp.InternalAddress);
        var stranger = From("127.0.0.2", guarded.Webapp.InternalAddress);
        var session = await cluster.Api.ConnectAsync();

        (await allowed.GetAsync("/admin/nodes")).Status.ShouldBe(HttpStatusCode.OK);
        foreach (
            var path in new[] { "/admin/nodes", "/admin/strange-behaviors", "/health/ready", "/health/live", "/x" }
        )
        {
            var answer = await stranger.GetAsync(path);
            answer.Status.ShouldBe(HttpStatusCode.Forbidden, path);
            answer.Code.ShouldBe("address-not-allowed");
        }

        var login = new Dictionary<string, string>
        {
            ["username"] = session.ListeningKey,
            ["password"] = session.Passcode,
        };
        var asked = $"/broker-access/{cluster.NodeOf(session).Name}/user";
        (await stranger.PostFormAsync(asked, login)).Status.ShouldBe(HttpStatusCode.Forbidden);

        // Neither does a header make a stranger an allowed one.
        var forged = new HttpRequestMessage(HttpMethod.Post, asked) { Content = new FormUrlEncodedContent(login) };
        forged.Headers.Add("X-Forwarded-For", "127.0.0.1");
        (await stranger.SendAsync(forged)).Status.ShouldBe(HttpStatusCode.Forbidden);

        // The stranger's questions have changed nothing.
        (await allowed.PostFormAsync(asked, login)).Body.ShouldBe("allow");
    }

    [Fact]
    public async Task A_flood_from_one_address_is_slowed_while_others_pass()
    {
        var flooding = From("127.0.0.9", guarded.Webapp.PublicAddress);
        await using var alice = await ClientListener.StartAsync(cluster.Api);

        var flood = await Task.WhenAll(
            Enumerable.Range(0, 10 * GuardedWebapp.RequestsPerSecond).Select(_ => flooding.GetAsync("/health/live"))
        );

        flood.ShouldContain(answer => answer.Status == HttpStatusCode.OK);
        var slowed = flood.Where(answer => answer.Status != HttpStatusCode.OK).ToList();
        ExpectSlowed(slowed);
        (
            await From("127.0.0.10", guarded.Webapp.PublicAddress).ExchangeAsync(alice.Session, ToSelf(alice))
        ).Outcomes.ShouldBe([(alice.Key, "queued")]);

        // It is no punishment: the address is served again when it has calmed down.
        await Eventually.HoldsAsync(async () =>
            (await flooding.GetAsync("/health/live")).Status.ShouldBe(HttpStatusCode.OK)
        );
    }

    [Fact]
    public async Task A_session_that_floods_is_slowed_while_others_from_its_address_pass()
    {
        var api = From("127.0.0.11", guarded.Webapp.PublicAddress);
        await using var flooding = await ClientListener.StartAsync(cluster.Api);
        await using var quiet = await ClientListener.StartAsync(cluster.Api);

        var flood = await Task.WhenAll(
            Enumerable
                .Range(0, 6 * GuardedWebapp.SignalsPerSecond)
                .Select(_ => api.ExchangeAsync(flooding.Session, ToSelf(flooding)))
        );

        flood.ShouldContain(answer => answer.Status == HttpStatusCode.OK);
        ExpectSlowed([.. flood.Where(answer => answer.Status != HttpStatusCode.OK)]);
        (await api.ExchangeAsync(quiet.Session, ToSelf(quiet))).Outcomes.ShouldBe([(quiet.Key, "queued")]);
    }

    [Fact]
    public async Task The_internal_port_knows_no_limit()
    {
        var admin = new Api(guarded.Webapp.InternalAddress);

        var answers = await Task.WhenAll(
            Enumerable.Range(0, 4 * GuardedWebapp.RequestsPerSecond).Select(_ => admin.GetAsync("/health/live"))
        );

        answers.ShouldAllBe(answer => answer.Status == HttpStatusCode.OK);
    }

    private static void ExpectSlowed(IReadOnlyCollection<Answer> slowed)
    {
        slowed.ShouldNotBeEmpty();
        foreach (var answer in slowed)
        {
            answer.Status.ShouldBe(HttpStatusCode.TooManyRequests);
            answer.Code.ShouldBe("too-many-requests");
            answer.Headers.RetryAfter!.Delta!.Value.ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(1));
        }
    }

    private static Api From(string local, string address) => new(address, IPAddress.Parse(local));

    private static object ToSelf(ClientListener listener) => new { toSession = listener.Key, content = 1 };
}
