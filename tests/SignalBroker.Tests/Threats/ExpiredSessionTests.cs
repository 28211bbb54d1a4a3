using System.Net;
using SignalBroker.LocalCluster;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Threats;

/// <summary>A node and a webapp that sweeps once in its life, when nothing is there yet.</summary>
public sealed class UnsweptServers : IAsyncLifetime
{
    public Cluster Servers { get; private set; } = null!;

    public Api Api => new(Servers.Webapps[0].PublicAddress);

    public async ValueTask InitializeAsync() =>
        Servers = await Cluster.StartAsync(
            new ClusterOptions
            {
                Nodes = 1,
                Webapps = 1,
                WebappSettings = new Dictionary<string, string>(TestCluster.Settings)
                {
                    ["Sweep:Interval"] = "01:00:00",
                    ["Sweep:ReconcileInterval"] = "1.00:00:00",
                    ["Sessions:AckWithin"] = "00:01:00",
                },
            },
            TestContext.Current.CancellationToken
        );

    public ValueTask DisposeAsync() => Servers.DisposeAsync();
}

/// <summary>A session that nobody listens on is good for nothing from its 'ackBy' on, swept or not.</summary>
public sealed class ExpiredSessionTests(UnsweptServers unswept) : IClassFixture<UnsweptServers>
{
    private static readonly string[] Asked =
    [
        "/listen",
        "/inbox",
        "/ice-servers",
        "/rooms",
        "/presence?users=x",
        "/presence/subscriptions",
        "/users",
        "/push/subscriptions",
    ];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_expired_session_proves_nothing(bool admitted)
    {
        var session = await unswept.Api.ConnectAsync();
        await using var socket = await StompSocket.OpenAsync(session.ListeningAddress);
        if (admitted)
        {
            (await socket.TryConnectAsync(session.ListeningKey, session.Passcode)).ShouldBeTrue();
        }

        // Whatever is remembered of it is remembered now.
        (await SendAsync(session)).ShouldNotBe(HttpStatusCode.Unauthorized);
        await ExpireAsync(session);

        (await SendAsync(session)).ShouldBe(HttpStatusCode.Unauthorized);
        foreach (var path in Asked)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            var answer = await unswept.Api.SendAsync(request, session.Authorization);
            (answer.Status, path).ShouldBe((HttpStatusCode.Unauthorized, path));
        }

        await using var late = await StompSocket.OpenAsync(session.ListeningAddress);
        (await late.TryConnectAsync(session.ListeningKey, session.Passcode)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_session_that_listens_does_not_expire()
    {
        await using var listener = await Listener.StartAsync(unswept.Api);
        await Eventually.HoldsAsync(async () => (await IsAckedAsync(listener.Key)).ShouldBe(true));

        await ExpireAsync(listener.Session);

        var answer = await unswept.Api.ExchangeAsync(listener.Session, new { toSession = listener.Key, content = 1 });
        answer.Outcomes.ShouldBe([(listener.Key, "queued")]);
    }

    private async Task<HttpStatusCode> SendAsync(ConnectedSession session) =>
        (await unswept.Api.ExchangeAsync(session, new { to = "nobody", content = 1 })).Status;

    private async Task<bool?> IsAckedAsync(string key)
    {
        await using var database = Npgsql.NpgsqlDataSource.Create(unswept.Servers.Postgres.ConnectionString);
        return await database.IsAckedAsync(key);
    }

    private async Task ExpireAsync(ConnectedSession session)
    {
        await using var database = Npgsql.NpgsqlDataSource.Create(unswept.Servers.Postgres.ConnectionString);
        await database.ExpireAsync(session.ListeningKey);
    }
}
