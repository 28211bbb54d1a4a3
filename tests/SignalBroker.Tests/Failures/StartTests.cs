using System.Diagnostics;
using Npgsql;
using SignalBroker.Database;
using SignalBroker.Migrations;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Failures;

/// <summary>A webapp that can't run says why in one line, and a schema goes forward and back.</summary>
public sealed class StartTests(TestCluster cluster)
{
    private static readonly TimeSpan StopsWithin = TimeSpan.FromSeconds(20);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void The_webapp_needs_the_newest_change() => SchemaCheck.RequiredChange.ShouldBe(Migrator.Changes()[^1]);

    [Fact]
    public async Task A_webapp_refuses_an_older_schema_in_one_line()
    {
        var database = await CreateDatabaseAsync();
        await Migrator.MigrateToAsync(database, Migrator.Changes()[^2], Token);

        var (exitCode, lines) = await RunWebappAsync(("ConnectionStrings:Database", database));

        exitCode.ShouldBe(1);
        var reason = lines.ShouldHaveSingleItem();
        reason.ShouldContain(Migrator.Changes()[^1]);
        reason.ShouldContain("make migrate");
    }

    [Theory]
    [InlineData("Sessions:PerUser", "Some")]
    [InlineData("Sessions:MaxPerUser", "0")]
    [InlineData("Sessions:AckWithin", "soon")]
    [InlineData("Broker:ConfirmTimeout", "00:00:00")]
    [InlineData("Sweep:Interval", "02:00:00")]
    [InlineData("Signals:TimeToLive", "-1")]
    [InlineData("RateLimits:SignalsPerSecondOfSession", "0")]
    [InlineData("Nodes:0:Name", "")]
    [InlineData("Nodes:0:Name", "sb 1")]
    [InlineData("Nodes:0:ListeningAddress", "http://127.0.0.1/ws")]
    [InlineData("Nodes:0:AmqpAddress", "127.0.0.1")]
    [InlineData("Nodes:0:Capacity", "many")]
    [InlineData("Listeners:Public", "https://127.0.0.1:1")]
    [InlineData("Internal:AllowedNetworks:0", "here")]
    [InlineData("Proxies:TrustedNetworks:0", "there")]
    [InlineData("Users:Tokens", "Maybe")]
    [InlineData("Users:Tokens", "Required")]
    [InlineData("Users:Algorithms", "none")]
    [InlineData("Users:ClockSkew", "01:00:00")]
    [InlineData("Users:Keys:0:Secret", "too short")]
    [InlineData("Users:Keys:0:SecretBase64Url", "AAAA====")]
    [InlineData("Users:Keys:0:Pem", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----")]
    [InlineData("Users:Keys:0:PemFile", "/nowhere/key.pem")]
    [InlineData("Users:KeySet:Address", "http://issuer.example/keys")]
    [InlineData("Users:KeySet:KeepFor", "0")]
    [InlineData("Users:ServiceKeys:0:Name", "a b")]
    [InlineData("Turn:Stun:0", "http://turn.example")]
    [InlineData("Turn:Stun:0", "stun://turn.example")]
    [InlineData("Turn:Stun:0", "stun:turn.example?transport=udp")]
    [InlineData("Turn:Addresses:0", "stun:turn.example")]
    [InlineData("Turn:Addresses:0", "turn:?transport=udp")]
    [InlineData("Turn:Addresses:0", "turn:turn.example:3478?transport=quic")]
    [InlineData("Turn:Secret", "too short")]
    [InlineData("Turn:LifeTime", "0")]
    [InlineData("Push:PrivateKey", "secret")]
    [InlineData("Push:PrivateKeyFile", "/nowhere/push.pem")]
    [InlineData("Push:Urgency", "Very")]
    [InlineData("Push:Backoff", "00:00:00")]
    [InlineData("ConnectionStrings:Database", "")]
    [InlineData("ConnectionStrings:Database", "Where=here")]
    public async Task A_wrong_setting_stops_the_webapp_with_one_line_that_names_it(string key, string value)
    {
        var (exitCode, lines) = await RunWebappAsync((key, value));

        exitCode.ShouldBe(1);
        // Of a list, the list is named.
        lines.ShouldHaveSingleItem().ShouldContain(key.EndsWith(":0", StringComparison.Ordinal) ? key[..^2] : key);
    }

    [Fact]
    public async Task Migrators_that_start_together_on_an_empty_database_all_succeed()
    {
        var database = await CreateDatabaseAsync();

        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(() => Migrator.MigrateAsync(database, Token))));

        (await AppliedAsync(database)).ShouldBe(Migrator.Changes());
    }

    [Fact]
    public async Task Every_change_can_be_taken_back_and_made_again()
    {
        var database = await CreateDatabaseAsync();
        await Migrator.MigrateAsync(database, Token);
        var tables = await TablesAsync(database);
        tables.ShouldContain("sessions");

        await Migrator.MigrateToAsync(database, "0", Token);

        (await AppliedAsync(database)).ShouldBeEmpty();
        (await TablesAsync(database)).ShouldBe([Migrator.HistoryTable]);
        foreach (var change in Migrator.Changes())
        {
            await Migrator.MigrateToAsync(database, change, Token);
        }

        (await TablesAsync(database)).ShouldBe(tables);
    }

    private async Task<string> CreateDatabaseAsync()
    {
        var name = $"start_{Guid.NewGuid():N}";
        await using var create = cluster.Database.CreateCommand($"CREATE DATABASE {name}");
        await create.ExecuteNonQueryAsync(Token);
        return new NpgsqlConnectionStringBuilder(cluster.Servers.Postgres.ConnectionString)
        {
            Database = name,
            Pooling = false,
        }.ConnectionString;
    }

    private static Task<IReadOnlyList<string>> AppliedAsync(string database) =>
        ReadAsync(database, $"SELECT \"MigrationId\" FROM {Migrator.HistoryTable} ORDER BY 1");

    private static Task<IReadOnlyList<string>> TablesAsync(string database) =>
        ReadAsync(database, "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' ORDER BY 1");

    private static async Task<IReadOnlyList<string>> ReadAsync(string database, string query)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand(query);
        await using var reader = await command.ExecuteReaderAsync(Token);
        var rows = new List<string>();
        while (await reader.ReadAsync(Token))
        {
            rows.Add(reader.GetString(0));
        }

        return rows;
    }

    /// <summary>Runs a webapp with one setting changed until it ends; what it printed, without empty lines.</summary>
    private async Task<(int ExitCode, IReadOnlyList<string> Lines)> RunWebappAsync((string Key, string Value) changed)
    {
        var node = cluster.Servers.Nodes[0];
        var settings = new Dictionary<string, string>
        {
            ["Listeners:Public"] = "http://127.0.0.1:0",
            ["Listeners:Internal"] = "http://127.0.0.1:0",
            ["ConnectionStrings:Database"] = cluster.Servers.Postgres.ConnectionString,
            ["Nodes:0:Name"] = node.Name,
            ["Nodes:0:ListeningAddress"] = node.ListeningAddress,
            ["Nodes:0:AmqpAddress"] = node.AmqpAddress,
            ["Nodes:0:ManagementAddress"] = node.ManagementAddress,
            [changed.Key] = changed.Value,
        };
        var start = new ProcessStartInfo("dotnet", [typeof(SchemaCheck).Assembly.Location])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (key, value) in settings)
        {
            start.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        using var process = Process.Start(start)!;
        var printed = Task.WhenAll(
            process.StandardOutput.ReadToEndAsync(Token),
            process.StandardError.ReadToEndAsync(Token)
        );
        try
        {
            await process.WaitForExitAsync(Token).WaitAsync(StopsWithin, Token);
        }
        finally
        {
            process.Kill();
        }

        return (
            process.ExitCode,
            [.. (await printed).SelectMany(text => text.Split('\n', StringSplitOptions.RemoveEmptyEntries))]
        );
    }
}
