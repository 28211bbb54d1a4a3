using SignalBroker.Client.Tests.Harness;
using SignalBroker.LocalCluster;

namespace SignalBroker.Client.Tests.Listening;

/// <summary>STUN and TURN servers, and that their credentials are renewed in time.</summary>
[Collection<ServerTests>]
public sealed class IceServersTests(Servers servers) : IAsyncLifetime
{
    private readonly Requests requests = new();
    private Webapp webapp = null!;

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
        if (webapp.IsRunning)
        {
            await webapp.StopAsync();
        }

        requests.Dispose();
    }

    [Fact]
    public async Task They_come_with_the_session()
    {
        await using var me = await ConnectAsync(TimeProvider.System);

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

    [Fact]
    public async Task They_are_renewed_a_minute_before_their_end_and_kept_when_that_fails()
    {
        var clock = new ManualClock();
        await using var me = await ConnectAsync(clock);
        var first = await me.GetIceServersAsync(Token);

        // As much of the server's time as of this clock's is left.
        clock.Advance(first.ExpireAt!.Value - clock.GetUtcNow() - TimeSpan.FromMinutes(1));
        (await me.GetIceServersAsync(Token)).ShouldBeSameAs(first);
        clock.Advance(TimeSpan.FromMilliseconds(1));
        var second = await me.GetIceServersAsync(Token);
        second.ShouldNotBeSameAs(first);
        second.Servers[1].Username!.ShouldEndWith($":{me.Session.ListeningKey}");
        requests.Count("/ice-servers").ShouldBe(1);

        clock.Advance(TimeSpan.FromHours(2));
        await webapp.KillAsync();
        (await me.GetIceServersAsync(Token)).ShouldBeSameAs(second);
    }

    [Fact]
    public async Task A_server_may_know_of_none()
    {
        await using var me = await servers.ConnectAsync();
        var none = await me.GetIceServersAsync(Token);
        (none.Servers.Count, none.ExpireAt).ShouldBe((0, null));
    }

    private Task<SignalBrokerClient> ConnectAsync(TimeProvider clock) =>
        SignalBrokerClient.ConnectAsync(
            servers.Options() with
            {
                Url = new(webapp.PublicAddress),
                Http = new(requests),
                TimeProvider = clock,
            },
            Token
        );
}
