using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using SignalBroker.Database;
using SignalBroker.Identity;
using SignalBroker.LocalCluster;
using SignalBroker.Migrations;
using SignalBroker.Tests.Harness;
using SignalBroker.Users;
using SignalBroker.Visibility;

namespace SignalBroker.Tests.Failures;

/// <summary>A webapp that can't run says why in one line.</summary>
public sealed class StartTests(TestCluster cluster)
{
    private static readonly TimeSpan StopsWithin = TimeSpan.FromMinutes(1);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void The_webapp_needs_the_newest_change() => SchemaCheck.RequiredChange.ShouldBe(Migrator.Changes()[^1]);

    [Fact]
    public async Task A_webapp_refuses_an_older_schema_in_one_line()
    {
        var database = await cluster.CreateDatabaseAsync();
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
    [InlineData("Nodes:0:Stomp", "false")]
    [InlineData("Nodes:0:AmqpAddress", "127.0.0.1")]
    [InlineData("Nodes:0:Capacity", "many")]
    [InlineData("Listeners:Public", "https://127.0.0.1:1")]
    [InlineData("Internal:AllowedNetworks:0", "here")]
    [InlineData("Internal:AllowedNetworks", "127.0.0.0/8")]
    [InlineData("Internal:AllowedHosts:0", "http://signalbroker")]
    [InlineData("Internal:AllowedHosts:0", "*")]
    [InlineData("Cors:Origins:0", "https://app.example/")]
    [InlineData("Cors:Origins:0", "app.example")]
    [InlineData("Cors:Origins", "https://app.example")]
    [InlineData("Sessions:PerUser", "1")]
    [InlineData("Sessions:PerUser", "Many, Reject")]
    [InlineData("Sessions:MaxPerUser:0", "1")]
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
    [InlineData("ConnectionStrings:Database", "Host=db1,db2;Target Session Attributes=standby")]
    public async Task A_wrong_setting_stops_the_webapp_with_one_line_that_names_it(string key, string value)
    {
        var (exitCode, lines) = await RunWebappAsync((key, value));

        exitCode.ShouldBe(1);
        // Of a list, the list is named.
        lines.ShouldHaveSingleItem().ShouldContain(key.EndsWith(":0", StringComparison.Ordinal) ? key[..^2] : key);
    }

    [Theory]
    [InlineData("Sessions:PerUser", "Some", "Many, Replace, Reject")]
    [InlineData("Users:Tokens", "99", "Off, Optional, Required")]
    [InlineData("Users:Algorithms", "HS256, HS512", "HS256, RS256, ES256")]
    [InlineData("Presence:Visibility", "All", "Everyone, SameRoom, Nobody")]
    [InlineData("Push:Urgency", "Very", "VeryLow, Low, Normal, High")]
    public async Task A_wrong_word_is_answered_with_those_that_are_known(string key, string value, string words)
    {
        var (exitCode, lines) = await RunWebappAsync((key, value));

        exitCode.ShouldBe(1);
        lines.ShouldHaveSingleItem().ShouldContain(words);
    }

    // As it would be with a setting that nobody reads: tokens off, any number of sessions.
    [Theory]
    [InlineData("User:Tokens", "Users:Tokens")]
    [InlineData("users_:Tokens", "Users:Tokens")]
    [InlineData("Users:Token", "Users:Tokens")]
    [InlineData("Users:Key:0:Secret", "Users:Keys")]
    [InlineData("Users:Keys:0:Secrt", "Users:Keys:0:Secret")]
    [InlineData("Users:KeySet:Adress", "Users:KeySet:Address")]
    [InlineData("Users:ServiceKeys:0:sha_256", "Users:ServiceKeys:0:Sha256")]
    [InlineData("Sessions:PerUsr", "Sessions:PerUser")]
    [InlineData("Sessions:Per_User", "Sessions:PerUser")]
    [InlineData("Node:0:Name", "Nodes:0")]
    [InlineData("Nodes:0:ListeningAdress", "Nodes:0:ListeningAddress")]
    [InlineData("Listeners:Publc", "Listeners:Public")]
    [InlineData("Internal:AllowedNetwork:0", "Internal:AllowedNetworks")]
    [InlineData("Proxies:TrustedNetwork:0", "Proxies:TrustedNetworks")]
    [InlineData("Cors:Origin:0", "Cors:Origins")]
    [InlineData("Compatibility:OriginalClients", "Compatibility:OriginalClient")]
    [InlineData("RateLimit:SignalsPerSecondOfSession", "RateLimits:SignalsPerSecondOfSession")]
    [InlineData("Turn:Adresses:0", "Turn:Addresses")]
    public async Task A_setting_that_is_only_nearly_one_stops_the_webapp_with_the_one_that_is_meant(
        string key,
        string meant
    )
    {
        foreach (var onCommandLine in new[] { false, true })
        {
            var (exitCode, lines) = await RunWebappAsync((key, "1"), onCommandLine);

            exitCode.ShouldBe(1);
            var reason = lines.ShouldHaveSingleItem();
            reason.ShouldContain(": there is no s");
            reason.ShouldContain($"did you mean {meant}?");
        }
    }

    [Theory]
    [InlineData("Sessions:Colour", "AckWithin, MaxPerAddress, MaxPerUser, PerSecondOfNode, PerUser")]
    [InlineData("Nodes:0:Colour", "AmqpAddress, Capacity, Labels, ListeningAddress")]
    [InlineData("Colours:Of:Hair", "Broker, Compatibility, Cors")]
    public async Task One_that_is_nothing_like_any_other_stops_it_with_those_that_there_are(string key, string known)
    {
        var (exitCode, lines) = await RunWebappAsync((key, "1"), onCommandLine: true);

        exitCode.ShouldBe(1);
        lines.ShouldHaveSingleItem().ShouldContain(known);
    }

    [Theory]
    [InlineData("Colours:Of:Hair", false)]
    [InlineData("Logging:LogLevel:SignalBroker", true)]
    [InlineData("Logging:LogLevel:SignalBroker", false)]
    public async Task What_is_another_programs_or_the_frameworks_is_no_business_of_the_webapp(
        string key,
        bool onCommandLine
    )
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();

        // It goes as far as to its ports.
        var (_, lines) = await RunWebappAsync((key, "Warning"), onCommandLine, Public(taken));

        lines.ShouldHaveSingleItem().ShouldContain("Listeners:Public");
    }

    [Theory]
    [InlineData("Public")]
    [InlineData("Internal")]
    public async Task A_port_that_is_taken_stops_the_webapp_with_one_line(string listener)
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;

        foreach (var host in new[] { "127.0.0.1", "localhost", "*" })
        {
            var (exitCode, lines) = await RunWebappAsync(($"Listeners:{listener}", $"http://{host}:{port}"));

            exitCode.ShouldBe(1);
            lines.ShouldHaveSingleItem().ShouldContain($"Listeners:{listener}: port {port} of ");
            lines[0].ShouldEndWith(" is taken.");
        }
    }

    [Fact]
    public async Task Two_listeners_can_t_have_one_port()
    {
        var address = $"http://127.0.0.1:{FreePort.Find()}";

        var (exitCode, lines) = await RunWebappAsync(
            ("Listeners:Public", address),
            onCommandLine: false,
            ("Listeners:Internal", address)
        );

        exitCode.ShouldBe(1);
        lines.ShouldHaveSingleItem().ShouldContain("Listeners:Internal: port ");
    }

    [Fact]
    public async Task A_cluster_whose_port_is_taken_says_so_before_it_starts_anything()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        var told = new List<string>();

        var failure = await Should.ThrowAsync<PartFailedException>(() =>
            Cluster.StartAsync(new ClusterOptions { Port = port, Progress = told.Add }, Token)
        );

        failure.Message.ShouldBe($"Port {port} is taken.");
        told.ShouldBeEmpty();
    }

    private static (string Key, string Value) Public(TcpListener taken) =>
        ("Listeners:Public", $"http://127.0.0.1:{((IPEndPoint)taken.LocalEndpoint).Port}");

    /// <summary>Runs a webapp with settings changed until it ends; what it printed, without empty lines.</summary>
    private async Task<(int ExitCode, IReadOnlyList<string> Lines)> RunWebappAsync(
        (string Key, string Value) changed,
        bool onCommandLine = false,
        params IReadOnlyList<(string Key, string Value)> more
    )
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
        };
        foreach (var (key, value) in onCommandLine ? more : [changed, .. more])
        {
            settings[key] = value;
        }

        string[] arguments = onCommandLine ? [$"--{changed.Key}={changed.Value}"] : [];
        var start = new ProcessStartInfo("dotnet", [typeof(SchemaCheck).Assembly.Location, .. arguments])
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
