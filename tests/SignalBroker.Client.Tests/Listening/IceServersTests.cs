using System.Net;
using System.Text;
using SignalBroker.Client.Http;
using SignalBroker.Client.Listening;
using SignalBroker.Client.Tests.Harness;

namespace SignalBroker.Client.Tests.Listening;

/// <summary>STUN and TURN servers, and that their credentials are renewed in time.</summary>
[Collection<ServerTests>]
public sealed class IceServersTests(Servers servers) : IAsyncLifetime
{
    private readonly Requests requests = new();
    private LocalCluster.Webapp webapp = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() =>
        webapp = await servers.Cluster.AddWebappAsync(
            [
                new("Turn:Stun:0", "stun:turn.example:3478"),
                new("Turn:Addresses:0", "turn:turn.example:3478?transport=udp"),
                new("Turn:Secret", "a secret of coturn and the webapps"),
                new("Turn:LifeTime", "01:00:00"),
            ],
            Token
        );

    public async ValueTask DisposeAsync()
    {
        await servers.Cluster.RemoveWebappAsync(webapp);
        requests.Dispose();
    }

    [Fact]
    public async Task They_come_with_the_session()
    {
        await using var me = await ConnectAsync();

        var ice = await me.GetIceServersAsync(Token);

        ice.Servers.Count.ShouldBe(2);
        ice.Servers[0].Urls.ShouldBe(["stun:turn.example:3478"]);
        ice.Servers[1].Urls.ShouldBe(["turn:turn.example:3478?transport=udp"]);
        ice.Servers[1].Username!.ShouldEndWith($":{me.Session.ListeningKey}");
        ice.Servers[1].Credential.ShouldNotBeNullOrEmpty();
        ice.Servers[1].ToString().ShouldNotContain(ice.Servers[1].Credential!);
        ice.ExpireAt!.Value.ShouldBeGreaterThan(TimeProvider.System.GetUtcNow().AddMinutes(30));
        requests.Count("/ice-servers").ShouldBe(0);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(1)]
    public async Task They_are_renewed_a_minute_before_they_expire_even_if_the_clock_is_days_ahead(int days)
    {
        var clock = new ManualClock();
        clock.Wrong = TimeProvider.System.GetUtcNow().AddDays(days) - clock.GetUtcNow();
        await using var me = await ConnectAsync();
        var cache = await CacheOfAsync(me, clock);
        var first = await cache.GetAsync(Token);

        clock.Advance(first.TimeToLive!.Value - TimeSpan.FromMinutes(1));
        var later = await cache.GetAsync(Token);
        later.ShouldBe(first with { TimeToLive = TimeSpan.FromMinutes(1) });
        clock.Advance(TimeSpan.FromMilliseconds(1));
        var second = await cache.GetAsync(Token);
        second.TimeToLive!.Value.ShouldBe(TimeSpan.FromHours(1), TimeSpan.FromSeconds(1));
        second.Servers[1].Username!.ShouldEndWith($":{me.Session.ListeningKey}");
        requests.Count("/ice-servers").ShouldBe(1);

        clock.Advance(TimeSpan.FromHours(2));
        await webapp.KillAsync();
        (await cache.GetAsync(Token)).ShouldBe(second with { TimeToLive = TimeSpan.Zero });
    }

    [Fact]
    public async Task They_are_requested_each_time_from_a_server_that_does_not_say_how_long_they_last()
    {
        var clock = new ManualClock();
        await using var me = await ConnectAsync();
        var cache = new IceServersCache(new(Options()), clock);
        var old = new IceServers([], clock.GetUtcNow().AddHours(1));
        cache.Renew(new(me.Session, "no passcode", old));

        // The webapp does not know the session, and so the old ones are returned.
        (await cache.GetAsync(Token)).ShouldBe(old);
        (await cache.GetAsync(Token)).TimeToLive.ShouldBeNull();
        requests.Count("/ice-servers").ShouldBe(2);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public async Task They_are_renewed_after_the_clock_was_changed_or_the_machine_has_slept(int days)
    {
        var clock = new ManualClock();
        await using var me = await ConnectAsync();
        var cache = await CacheOfAsync(me, clock);
        var first = await cache.GetAsync(Token);

        clock.Wrong = TimeSpan.FromDays(days);
        clock.Advance(days < 0 ? TimeSpan.FromHours(1) : TimeSpan.Zero);

        (await cache.GetAsync(Token)).Servers.ShouldNotBeSameAs(first.Servers);
    }

    [Fact]
    public async Task A_newer_session_brings_newer_ones_when_an_older_one_is_refused()
    {
        var clock = new ManualClock();
        await using var me = await ConnectAsync();
        var newer = await me.GetIceServersAsync(Token);
        var late = new LateAnswers();
        var cache = new IceServersCache(new(Options() with { Http = new(late) }), clock);
        cache.Renew(new(me.Session, "no passcode", new([], clock.GetUtcNow())));

        var asking = cache.GetAsync(Token);
        await late.Asked.Task.WaitAsync(Token);
        cache.Renew(new(me.Session, "no passcode", newer));
        late.Answer.SetResult();

        (await asking).ShouldBe(newer);
    }

    [Fact]
    public async Task A_server_may_have_none()
    {
        await using var me = await servers.ConnectAsync();
        var none = await me.GetIceServersAsync(Token);
        (none.Servers.Count, none.ExpireAt, none.TimeToLive).ShouldBe((0, null, null));
    }

    private Task<SignalBrokerClient> ConnectAsync() => SignalBrokerClient.ConnectAsync(Options(), Token);

    private SignalBrokerClientOptions Options() =>
        servers.Options() with
        {
            Url = new(webapp.PublicAddress),
            Http = new(requests),
        };

    /// <summary>A cache of a client's servers by another clock, in whose hours the client itself would give its node up.</summary>
    private async Task<IceServersCache> CacheOfAsync(SignalBrokerClient client, ManualClock clock)
    {
        var cache = new IceServersCache(new(Options()), clock);
        var secret = Encoding.ASCII.GetString(Convert.FromBase64String(client.GetAuthorization().Parameter!));
        cache.Renew(new(client.Session, secret.Split(':')[1], await client.GetIceServersAsync(Token)));
        return cache;
    }

    /// <summary>Refuses, but not before it is told to.</summary>
    private sealed class LateAnswers : HttpMessageHandler
    {
        public TaskCompletionSource Asked { get; } = new();
        public TaskCompletionSource Answer { get; } = new();

        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken
        )
        {
            Asked.SetResult();
            await Answer.Task;
            return new(HttpStatusCode.Unauthorized);
        }
    }
}
