using Npgsql;
using SignalBroker.LocalCluster;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Edge;

/// <summary>A webapp that reaches PostgreSQL and a node by TLS alone, with certificates of a CA of one's own.</summary>
public sealed class BackendTlsTests : IAsyncLifetime
{
    private readonly CertificateAuthority authority = new();
    private readonly string folder = Directory.CreateTempSubdirectory("signalbroker-tls-").FullName;
    private Cluster servers = null!;
    private TlsProxy amqp = null!;
    private TlsProxy management = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string AuthorityFile => Path.Combine(folder, "ca.pem");

    public async ValueTask InitializeAsync()
    {
        await File.WriteAllTextAsync(AuthorityFile, authority.Certificate.ExportCertificatePem(), Token);
        servers = await Cluster.StartAsync(new ClusterOptions { Nodes = 1, Webapps = 1 }, Token);
        var node = servers.Nodes[0];
        amqp = new TlsProxy(authority, new Uri(node.AmqpAddress).Port);
        management = new TlsProxy(authority, new Uri(node.ManagementAddress).Port);
        await TurnTlsOnAsync();
    }

    [Fact]
    public async Task It_works_with_the_CA_in_the_environment()
    {
        var webapp = await servers.AddWebappAsync(Settings(AuthorityFile), Token);
        await webapp.NodesReadyAsync();
        var api = new Api(webapp.PublicAddress);
        await using var listener = await Listener.StartStompAsync(api);

        var answer = await api.ExchangeAsync(listener.Session, new { toSession = listener.Key, content = 1 });

        answer.OutcomeOrCode.ShouldBe("queued");
        await listener.ReceiveAsync();
        amqp.Accepted.ShouldBePositive();
        management.Accepted.ShouldBePositive();
        (await EncryptedAsync()).ShouldBePositive();
    }

    public async ValueTask DisposeAsync()
    {
        await amqp.DisposeAsync();
        await management.DisposeAsync();
        await servers.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    private Dictionary<string, string> Settings(string authorityFile)
    {
        var node = servers.Nodes[0];
        return new()
        {
            ["ConnectionStrings:Database"] =
                $"{servers.Postgres.ConnectionString};SSL Mode=VerifyFull;Root Certificate={authorityFile}",
            ["Nodes:0:AmqpAddress"] = new UriBuilder(node.AmqpAddress) { Scheme = "amqps", Port = amqp.Port }
                .Uri
                .OriginalString,
            ["Nodes:0:ManagementAddress"] = new UriBuilder(node.ManagementAddress)
            {
                Scheme = "https",
                Port = management.Port,
            }
                .Uri
                .OriginalString,
            ["SSL_CERT_FILE"] = authorityFile,
        };
    }

    // The key must be the server's own, which may run as another user: the server itself writes it.
    private async Task TurnTlsOnAsync()
    {
        var (chain, key) = authority.Issue("127.0.0.1");
        await using var database = NpgsqlDataSource.Create(servers.Postgres.ConnectionString);
        foreach (var (name, pem) in new[] { ("server.crt", chain), ("server.key", key) })
        {
            await using var write = database.CreateCommand(
                $"COPY (SELECT unnest(string_to_array('{pem.Trim()}', E'\\n'))) TO PROGRAM 'umask 077; cat > {name}'"
            );
            await write.ExecuteNonQueryAsync(Token);
        }

        await using var on = database.CreateCommand("ALTER SYSTEM SET ssl = on");
        await on.ExecuteNonQueryAsync(Token);
        await using var reload = database.CreateCommand("SELECT pg_reload_conf()");
        await reload.ExecuteNonQueryAsync(Token);
    }

    private async Task<long> EncryptedAsync()
    {
        await using var database = NpgsqlDataSource.Create(servers.Postgres.ConnectionString);
        await using var count = database.CreateCommand("SELECT count(*) FROM pg_stat_ssl WHERE ssl");
        return (long)(await count.ExecuteScalarAsync(Token))!;
    }
}
