using System.Net;
using Npgsql;
using SignalBroker.LocalCluster;
using SignalBroker.Presence;
using SignalBroker.Push;
using SignalBroker.Tests.Demo;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Push;

/// <summary>The tests that need a push service: they share it and its servers, and run one after the other.</summary>
[CollectionDefinition]
public sealed class PushCollection : ICollectionFixture<PushCluster>, ICollectionFixture<WholeBrowser>;

/// <summary>Two webapps that push, and the push service that they push to.</summary>
public sealed class PushCluster : IAsyncLifetime
{
    public const string Subject = "mailto:tests@signal.example";

    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private readonly VapidKey key = VapidKey.Create();
    private readonly List<Registration> registered = [];

    public Cluster Servers { get; private set; } = null!;

    public PushService Service { get; private set; } = null!;

    public NpgsqlDataSource Database { get; private set; } = null!;

    public string PublicKey => key.PublicKey;

    public Api Api => ApiOf(0);

    public Api ApiOf(int webapp) => new(Servers.Webapps[webapp].PublicAddress);

    public async ValueTask InitializeAsync()
    {
        Service = new PushService(PublicKey);
        await Service.StartAsync();
        Servers = await Cluster.StartAsync(
            new ClusterOptions
            {
                Nodes = 1,
                Webapps = 2,
                WebappSettings = new Dictionary<string, string>(TestCluster.Settings)
                {
                    ["Push:PrivateKey"] = key.PrivateKey,
                    ["Push:Subject"] = Subject,
                    ["Push:AllowedHosts:0"] = "127.0.0.1",
                    ["Push:AllowPrivateEndpoints"] = "true",
                    ["Push:MaxPerUser"] = "2",
                    ["Push:Interval"] = Interval.ToString(),
                    ["Push:LookAgainAfter"] = "00:00:01",
                    ["Push:PollInterval"] = "00:00:00.1",
                    ["Push:Backoff"] = "00:00:00.2",
                    ["Push:MaxBackoff"] = "00:00:01",
                    ["Push:Timeout"] = "00:00:05",
                    ["Cors:Origins:0"] = "http://localhost",
                },
            }
        );
        Database = NpgsqlDataSource.Create(Servers.Postgres.ConnectionString);
        await Servers.AllNodesReadyAsync();
    }

    /// <summary>Subscribes a browser for the user of the session.</summary>
    public async Task<Registration> SubscribeAsync(ConnectedSession session, bool content = false)
    {
        var registration = Service.Register();
        registered.Add(registration);
        var answer = await Api.PutSubscriptionAsync(session, registration.Subscriber.ToJson(content));
        answer.Status.ShouldBe(HttpStatusCode.NoContent, answer.Body);
        return registration;
    }

    /// <summary>Subscribes a browser of a user who does not listen.</summary>
    public async Task<Registration> SubscribeAwayAsync(string userId, bool content = false)
    {
        var session = await Api.ConnectAsync(userId);
        var registration = await SubscribeAsync(session, content);
        await Api.DisconnectAsync(session);
        return registration;
    }

    /// <summary>Starts a listener of whom the webapps know that it listens.</summary>
    public async Task<Listener> ListenAsync(string userId, string? device = null)
    {
        var listener = await Listener.StartAsync(Api, userId, device);
        await Eventually.HoldsAsync(async () => (await Database.IsAckedAsync(listener.Key)).ShouldBe(true));
        return listener;
    }

    /// <summary>How many pushes are due or put off for a user.</summary>
    public async Task<long> OutboxOfAsync(string userId)
    {
        await using var count = Database.CreateCommand(
            "SELECT count(*) FROM push_outbox JOIN push_subscriptions ON number = subscription WHERE user_id = $1"
        );
        count.Parameters.AddWithValue(userId);
        return (long)(await count.ExecuteScalarAsync())!;
    }

    /// <summary>Waits until nothing is to be pushed to the user any more.</summary>
    public Task NothingIsLeftAsync(string userId) =>
        Eventually.HoldsAsync(async () => (await OutboxOfAsync(userId)).ShouldBe(0));

    /// <summary>Starts whatever a test has left broken.</summary>
    public async Task MendAsync()
    {
        Part[] parts = [Servers.Postgres, .. Servers.Nodes, .. Servers.Webapps.Take(2)];
        foreach (var part in parts.Where(part => !part.IsRunning))
        {
            await part.StartAsync();
        }

        Database.Clear();
        await Servers.AllNodesReadyAsync();
    }

    // After the last test, when everything that can leak a secret has been done.
    public async ValueTask DisposeAsync()
    {
        try
        {
            await Passcodes.ExpectNoLeakAsync(Servers);
            ExpectNoLeak();
        }
        finally
        {
            await Database.DisposeAsync();
            await Servers.DisposeAsync();
            await Service.DisposeAsync();
        }
    }

    private void ExpectNoLeak()
    {
        var secrets = registered
            .SelectMany(registration =>
                new[]
                {
                    registration.Subscriber.Endpoint.AbsolutePath,
                    Base64Of(registration.Subscriber.Secret),
                    Base64Of(registration.Subscriber.PublicKey),
                }
            )
            .Append(key.PrivateKey)
            .ToList();
        foreach (var file in Directory.EnumerateFiles(Servers.LogFolder, "*.log", SearchOption.AllDirectories))
        {
            using var log = new StreamReader(
                new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete)
            );
            var text = log.ReadToEnd();
            secrets.ShouldNotContain(secret => text.Contains(secret, StringComparison.Ordinal), file);
        }
    }

    private static string Base64Of(byte[] bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);
}

/// <summary>What the tests ask a webapp about pushes.</summary>
public static class PushApi
{
    extension(Api api)
    {
        public Task<Answer> PutSubscriptionAsync(ConnectedSession session, object subscription) =>
            api.SendAsync(Request(HttpMethod.Put, subscription), session.Authorization);

        public Task<Answer> DeleteSubscriptionAsync(ConnectedSession session, Uri endpoint) =>
            api.SendAsync(
                Request(HttpMethod.Delete, new Dictionary<string, string> { ["endpoint"] = endpoint.AbsoluteUri }),
                session.Authorization
            );

        public async Task<IReadOnlyList<string>> SubscriptionsAsync(ConnectedSession session)
        {
            var answer = await api.SendAsync(
                new HttpRequestMessage(HttpMethod.Get, "/push/subscriptions"),
                session.Authorization
            );
            answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
            return
            [
                .. answer
                    .Json.GetProperty("subscriptions")
                    .EnumerateArray()
                    .Select(subscription => subscription.GetProperty("endpoint").GetString()!),
            ];
        }
    }

    private static HttpRequestMessage Request(HttpMethod method, object body) =>
        new(method, "/push/subscriptions") { Content = System.Net.Http.Json.JsonContent.Create(body, body.GetType()) };
}
