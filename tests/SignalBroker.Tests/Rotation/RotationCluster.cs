using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using Npgsql;
using SignalBroker.LocalCluster;
using SignalBroker.Migrations;
using SignalBroker.Push;
using SignalBroker.Tests.Fleet;
using SignalBroker.Tests.Harness;
using SignalBroker.Tests.Push;
using SignalBroker.Tests.Users;

namespace SignalBroker.Tests.Rotation;

/// <summary>The tests that change secrets under load: on a cluster of their own, one after the other.</summary>
[CollectionDefinition(nameof(RotationCollection), DisableParallelization = true)]
public sealed class RotationCollection : ICollectionFixture<RotationCluster>;

/// <summary>
/// Two webapps behind a HAProxy, which are replaced by two others at a time; and whatever a secret is for: a database with a
/// role of its own, a node of the settings and one that was added, a coturn, a push service, an issuer of tokens.
/// </summary>
public sealed class RotationCluster : IAsyncLifetime
{
    public const string Application = "shop.backend";

    // Eight looks of the HAProxy.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(4);

    private readonly List<string> secrets = [];
    private Webapp[] spare = [];

    public RotationCluster()
    {
        (DatabasePassword, TurnSecret, ServiceKey) = (NewSecret(), NewSecret(), NewSecret());
        PushKey = NewPushKey();
        PushService = new(PushKey.PublicKey);
    }

    public Cluster Servers { get; private set; } = null!;

    /// <summary>What webapps are told from their next start on.</summary>
    public Dictionary<string, string> Settings { get; } = new(TestCluster.Settings);

    public Api Api => new(Servers.Haproxy!.Address);

    /// <summary>The webapps that the HAProxy uses now.</summary>
    public IReadOnlyList<Webapp> Serving { get; private set; } = [];

    public PushService PushService { get; }

    public KeySetServer KeySet { get; private set; } = null!;

    public Issuer Issuer { get; } = new();

    public string DatabasePassword { get; }

    public string TurnSecret { get; }

    public string ServiceKey { get; }

    internal VapidKey PushKey { get; }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>A secret that no server may write down.</summary>
    public string NewSecret()
    {
        var secret = Secrets.NewPassword();
        secrets.Add(secret);
        return secret;
    }

    internal VapidKey NewPushKey()
    {
        var key = VapidKey.Create();
        secrets.Add(key.PrivateKey);
        return key;
    }

    public static string HashOf(string serviceKey) =>
        Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(serviceKey)));

    /// <summary>How the database is reached as one of its roles.</summary>
    public string DatabaseAs(string role, string password) =>
        new NpgsqlConnectionStringBuilder(Servers.Postgres.ConnectionString)
        {
            Database = "webapp",
            Username = role,
            Password = password,
        }.ConnectionString;

    public async ValueTask InitializeAsync()
    {
        await PushService.StartAsync();
        KeySet = await KeySetServer.StartAsync(Issuer.RsaEntry("first"));
        Configure();
        Servers = await Cluster.StartAsync(
            new ClusterOptions
            {
                Nodes = 1,
                Webapps = 4,
                Haproxy = true,
                Turn = true,
                WebappSettings = Settings,
            }
        );
        Webapp[] all = [.. Servers.Webapps];
        (Serving, spare) = (all[..2], all[2..]);
        await Task.WhenAll(spare.Select(webapp => webapp.StopAsync()));
        await CreateDatabaseAsync();
        await KeepTurnSecretInDatabaseAsync();
        await ReplaceWebappsAsync();
        await AddNodeAsync();
        Settings["Shutdown:Grace"] = Grace.ToString("c");
        await ReplaceWebappsAsync();
    }

    /// <summary>Runs statements as an administrator of the database.</summary>
    public async Task AdministerAsync(string sql, string database = "webapp")
    {
        var address = new NpgsqlConnectionStringBuilder(Servers.Postgres.ConnectionString) { Database = database };
        await using var source = NpgsqlDataSource.Create(address);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Token);
    }

    /// <summary>Starts two webapps with the settings of now, and then ends the other two.</summary>
    public async Task ReplaceWebappsAsync()
    {
        await Task.WhenAll(spare.Select(webapp => webapp.StartAsync(Token)));
        foreach (var webapp in spare)
        {
            await webapp.NodesReadyAsync();
            await Servers.Haproxy!.UsesAsync(webapp, Token);
        }

        (Serving, spare) = (spare, [.. Serving]);
        await Task.WhenAll(spare.Select(webapp => webapp.StopAsync(Token)));
    }

    // After the last test, when everything that can leak a secret has been done.
    public async ValueTask DisposeAsync()
    {
        try
        {
            await Passcodes.ExpectNoLeakAsync(Servers);
            foreach (var file in Directory.EnumerateFiles(Servers.LogFolder, "*.log", SearchOption.AllDirectories))
            {
                using var log = new StreamReader(
                    new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete)
                );
                var text = await log.ReadToEndAsync();
                secrets.ShouldNotContain(secret => text.Contains(secret, StringComparison.Ordinal), file);
            }
        }
        finally
        {
            await Servers.DisposeAsync();
            await KeySet.DisposeAsync();
            await PushService.DisposeAsync();
            Issuer.Dispose();
        }
    }

    private void Configure()
    {
        secrets.Add(Issuer.Encode(Issuer.Secret));
        foreach (
            var (key, value) in new Dictionary<string, string>
            {
                ["Push:PrivateKey"] = PushKey.PrivateKey,
                ["Push:Subject"] = PushCluster.Subject,
                ["Push:AllowedHosts:0"] = "127.0.0.1",
                ["Push:AllowPrivateEndpoints"] = "true",
                ["Push:Interval"] = "00:00:00",
                ["Push:PollInterval"] = "00:00:00.1",
                ["Users:Tokens"] = "Optional",
                ["Users:Issuer"] = Issuer.Name,
                ["Users:Audience"] = Issuer.Audience,
                ["Users:Keys:0:Id"] = "first",
                ["Users:Keys:0:SecretBase64Url"] = Issuer.Encode(Issuer.Secret),
                ["Users:KeySet:Address"] = KeySet.Address.AbsoluteUri,
                ["Users:KeySet:RefreshInterval"] = "00:00:01",
                ["Users:KeySet:MinInterval"] = "00:00:00.5",
                ["Users:ServiceKeys:0:Name"] = Application,
                ["Users:ServiceKeys:0:Sha256"] = HashOf(ServiceKey),
            }
        )
        {
            Settings[key] = value;
        }
    }

    private async Task CreateDatabaseAsync()
    {
        await AdministerAsync($"CREATE ROLE webapp LOGIN PASSWORD '{DatabasePassword}'", "postgres");
        await AdministerAsync("CREATE DATABASE webapp OWNER webapp", "postgres");
        await Migrator.MigrateAsync(DatabaseAs("webapp", DatabasePassword), Token);
        Settings["ConnectionStrings:Database"] = DatabaseAs("webapp", DatabasePassword);
    }

    private async Task KeepTurnSecretInDatabaseAsync()
    {
        Servers.Turn!.Secrets = [];
        await Servers.Turn.RestartAsync(Token);
        await Servers.Turn.RunAdminAsync("-s", TurnSecret);
        Settings["Turn:Secret"] = TurnSecret;
    }

    private async Task AddNodeAsync()
    {
        var node = await Servers.AddNodeAsync(Token);
        var added = await new Api(Serving[0].InternalAddress).SendAsync(
            new HttpRequestMessage(HttpMethod.Put, $"/admin/nodes/{node.Name}")
            {
                Content = JsonContent.Create(FleetCluster.DefinitionOf(node)),
            }
        );
        added.Status.ShouldBe(HttpStatusCode.Created, added.Body);
    }
}
