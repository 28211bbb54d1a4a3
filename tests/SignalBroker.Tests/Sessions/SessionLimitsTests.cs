using System.Net;
using SignalBroker.LocalCluster;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Sessions;

/// <summary>Webapps that count users' sessions in other ways than the shared ones do.</summary>
public sealed class LimitingWebapps(TestCluster cluster) : IAsyncLifetime
{
    public Webapp Replacing { get; private set; } = null!;
    public Webapp Rejecting { get; private set; } = null!;
    public Webapp Capped { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Replacing = await StartAsync(new() { ["Sessions:PerUser"] = "Replace" });
        Rejecting = await StartAsync(new() { ["Sessions:PerUser"] = "Reject" });
        Capped = await StartAsync(new() { ["Sessions:MaxPerAddress"] = "1" });
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var webapp in new[] { Replacing, Rejecting, Capped })
        {
            await webapp.StopAsync();
        }
    }

    private Task<Webapp> StartAsync(Dictionary<string, string> settings) => cluster.Servers.AddWebappAsync(settings);
}

/// <summary>How many sessions a user and an address may have.</summary>
public sealed class SessionLimitsTests(TestCluster cluster, LimitingWebapps webapps) : IClassFixture<LimitingWebapps>
{
    [Fact]
    public async Task A_new_session_can_take_the_place_of_the_others()
    {
        var api = new Api(webapps.Replacing.PublicAddress);
        var user = "replaced-" + Guid.NewGuid().ToString("N");
        await using var old = await Listener.StartAsync(api, user);

        await using var young = await Listener.StartAsync(api, user);

        await old.Closed.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        (await api.ExchangeAsync(young.Session, new { to = user, content = 1 })).Outcomes.ShouldBe([
            (young.Key, "queued"),
        ]);
        (await api.ExchangeAsync(old.Session, new { to = user, content = 1 })).Status.ShouldBe(
            HttpStatusCode.Unauthorized
        );
    }

    [Fact]
    public async Task A_user_who_is_connected_can_be_turned_away()
    {
        var api = new Api(webapps.Rejecting.PublicAddress);
        var user = "rejected-" + Guid.NewGuid().ToString("N");
        var first = await api.ConnectAsync(user);

        var second = await api.PostAsync("/connect", new { userId = user });
        await api.DisconnectAsync(first);
        var third = await api.PostAsync("/connect", new { userId = user });

        second.Status.ShouldBe(HttpStatusCode.Conflict);
        second.Code.ShouldBe("user-already-connected");
        third.Status.ShouldBe(HttpStatusCode.OK, third.Body);
    }

    [Fact]
    public async Task Of_racing_connects_of_one_user_only_one_gets_in()
    {
        var api = new Api(webapps.Rejecting.PublicAddress);
        var user = "racing-" + Guid.NewGuid().ToString("N");

        var answers = await Task.WhenAll(
            Enumerable.Range(0, 30).Select(_ => api.PostAsync("/connect", new { userId = user }))
        );

        answers.Count(answer => answer.Status == HttpStatusCode.OK).ShouldBe(1);
        answers.Count(answer => answer.Status == HttpStatusCode.Conflict).ShouldBe(29);
    }

    [Fact]
    public async Task A_user_has_a_bounded_number_of_sessions()
    {
        var user = "many-" + Guid.NewGuid().ToString("N");
        var limit = new SignalBroker.Sessions.SessionsOptions().MaxPerUser;

        var answers = await Task.WhenAll(
            Enumerable.Range(0, limit + 10).Select(_ => cluster.Api.PostAsync("/connect", new { userId = user }))
        );

        answers.Count(answer => answer.Status == HttpStatusCode.OK).ShouldBe(limit);
        answers.ShouldContain(answer =>
            answer.Status == HttpStatusCode.Conflict && answer.Code == "too-many-sessions-of-user"
        );
    }

    [Fact]
    public async Task An_address_has_a_bounded_number_of_sessions()
    {
        await cluster.Api.ConnectAsync();

        var answer = await new Api(webapps.Capped.PublicAddress).PostAsync("/connect", new { });

        answer.Status.ShouldBe(HttpStatusCode.TooManyRequests);
        answer.Code.ShouldBe("too-many-sessions-of-address");
        answer.Headers.RetryAfter.ShouldNotBeNull();
    }
}
