using System.Net;
using System.Text.Json;
using Npgsql;
using SignalBroker.LocalCluster;
using SignalBroker.Push;
using SignalBroker.Tests.Harness;
using SignalBroker.Tests.Push;
using SignalBroker.Tests.Rooms;

namespace SignalBroker.Tests.Operations;

/// <summary>The tests of what is watched: they share its servers, and run one after the other.</summary>
[CollectionDefinition]
public sealed class WatchedCollection : ICollectionFixture<WatchedCluster>;

/// <summary>Two webapps that a Prometheus scrapes, where everything has happened once that is counted.</summary>
public sealed class WatchedCluster : IAsyncLifetime
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false });

    private readonly CancellationTokenSource ending = new();
    private PushService service = null!;
    private NpgsqlDataSource database = null!;
    private Task load = Task.CompletedTask;

    public Cluster Servers { get; private set; } = null!;

    private Api Api => new(Servers.Webapps[0].PublicAddress);

    private Api Admin => new(Servers.Webapps[0].InternalAddress);

    public async ValueTask InitializeAsync()
    {
        var key = VapidKey.Create();
        service = new PushService(key.PublicKey);
        await service.StartAsync();
        Servers = await Cluster.StartAsync(
            new ClusterOptions
            {
                Nodes = 2,
                Webapps = 2,
                Prometheus = true,
                WebappSettings = new Dictionary<string, string>(TestCluster.Settings)
                {
                    ["Nodes:0:Region"] = "eu",
                    ["Nodes:1:Region"] = "us",
                    ["Push:PrivateKey"] = key.PrivateKey,
                    ["Push:Subject"] = PushCluster.Subject,
                    ["Push:AllowedHosts:0"] = "127.0.0.1",
                    ["Push:AllowPrivateEndpoints"] = "true",
                    ["Push:PollInterval"] = "00:00:00.1",
                    ["RateLimits:SignalsPerSecondOfSession"] = "20",
                },
            }
        );
        database = NpgsqlDataSource.Create(Servers.Postgres.ConnectionString);
        await Servers.AllNodesReadyAsync();
        load = Task.Run(LoadAsync);
        await HappenAsync();
    }

    /// <summary>What all webapps export.</summary>
    public async Task<string> ScrapeAsync()
    {
        var scraped = await Task.WhenAll(
            Servers.Webapps.Select(webapp => new Api(webapp.InternalAddress).GetAsync("/metrics"))
        );
        scraped.ShouldAllBe(answer => answer.Status == HttpStatusCode.OK);
        return string.Concat(scraped.Select(answer => answer.Body));
    }

    /// <summary>What has gone wrong with the load; empty while it goes on.</summary>
    public string LoadFailure => load.IsCompleted ? load.Exception?.Message ?? "it has ended" : "";

    /// <summary>What Prometheus answers.</summary>
    /// <param name="path">Below <c>/api/v1/</c>.</param>
    public async Task<JsonElement> AskAsync(string path)
    {
        using var answer = await Http.GetAsync(
            new Uri($"{Servers.Prometheus!.Address}/api/v1/{path}"),
            TestContext.Current.CancellationToken
        );
        var body = JsonElement.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        body.Text("status").ShouldBe("success", $"{path}: {body}");
        return body.GetProperty("data");
    }

    /// <summary>The series that a query finds at the moment.</summary>
    public async Task<IReadOnlyList<JsonElement>> QueryAsync(string expression) =>
        [.. (await AskAsync($"query?query={Uri.EscapeDataString(expression)}")).GetProperty("result").EnumerateArray()];

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        await load.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await database.DisposeAsync();
        await Servers.DisposeAsync();
        await service.DisposeAsync();
        ending.Dispose();
    }

    // All the time somebody comes, sends over HTTP and through a socket, and goes.
    private async Task LoadAsync()
    {
        await using var bob = await ListenInAsync("us");
        while (!ending.IsCancellationRequested)
        {
            await using var alice = await ListenInAsync("us");
            await Api.ExchangeAsync(alice.Session, new { to = bob.Session.UserId, content = 1 });
            await alice.SendAsync(
                new
                {
                    to = bob.Session.UserId,
                    id = "second",
                    content = 2,
                }
            );
            await bob.ReceiveAsync();
            await bob.ReceiveAsync();
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, CancellationToken.None);
        }
    }

    private async Task HappenAsync()
    {
        await using var alice = await ListenInAsync("us");
        await using var bob = await ListenInAsync("us");
        var room = await Api.CreateRoomWithAsync(alice.Session, bob.Session);
        await Api.SendToRoomAsync(alice.Session, room, 1);
        (await Api.ExchangeAsync(alice.Session, new { to = "nobody", content = 1 })).Status.ShouldBe(
            HttpStatusCode.NotFound
        );
        var flood = Enumerable.Repeat(new { to = bob.Session.UserId, content = 1 }, 64).ToArray();
        (await Api.ExchangeAsync(alice.Session, flood)).Body.ShouldContain("too-many-requests");
        await GuessAsync(await Api.ConnectAsync());
        await StoreAndPushAsync(alice.Session);
        await NeverListenAsync();
        await MoveAsync();
    }

    private async Task<Listener> ListenInAsync(string region)
    {
        var listener = await Listener.StartAsync((await Api.PostAsync("/connect", new { region })).Session);
        await Eventually.HoldsAsync(async () => (await database.IsAckedAsync(listener.Key)).ShouldBe(true));
        return listener;
    }

    private async Task GuessAsync(ConnectedSession session)
    {
        var wrong = new string('x', session.Passcode.Length);
        (await Api.ExchangeAsync(session with { Passcode = wrong }, new { to = "x", content = 1 })).Status.ShouldBe(
            HttpStatusCode.Unauthorized
        );
        var socket = await StompSocket.OpenAsync(session.ListeningAddress);
        await using (socket)
        {
            await socket.ConnectAsync(session.ListeningKey, wrong);
            await socket.ExpectAsync("ERROR");
        }
    }

    private async Task StoreAndPushAsync(ConnectedSession sender)
    {
        var away = await Api.ConnectAsync();
        var registration = service.Register();
        (await Api.PutSubscriptionAsync(away, registration.Subscriber.ToJson(content: false))).Status.ShouldBe(
            HttpStatusCode.NoContent
        );
        await Api.DisconnectAsync(away);
        var stored = new
        {
            to = away.UserId,
            store = "ifOffline",
            content = 1,
        };
        (await Api.ExchangeAsync(sender, stored)).Status.ShouldBe(HttpStatusCode.OK);
        await registration.NextAsync();
    }

    private async Task NeverListenAsync()
    {
        var session = await Api.ConnectAsync();
        await database.ExpireAsync(session.ListeningKey);
        await Eventually.HoldsAsync(async () => (await database.IsAckedAsync(session.ListeningKey)).ShouldBeNull());
    }

    // One session moves away from a node that drains, and another one that wants its region goes elsewhere.
    private async Task MoveAsync()
    {
        var node = Servers.Nodes[0];
        await using var old = await ListenInAsync("eu");
        await Admin.ChangeNodeAsync(node.Name, new { state = "draining" });
        (await old.ReceiveAsync()).GetProperty("content").Text("event").ShouldBe("move");
        (await Api.TakeOverAsync(old.Session)).Status.ShouldBe(HttpStatusCode.OK);
        (await Api.PostAsync("/connect", new { region = "eu" })).Session.ListeningAddress.ShouldBe(
            Servers.Nodes[1].ListeningAddress
        );
        await Admin.ChangeNodeAsync(node.Name, new { state = "ready" });
    }
}
