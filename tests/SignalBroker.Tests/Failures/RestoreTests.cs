using System.Diagnostics;
using System.Net;
using Npgsql;
using SignalBroker.Client;
using SignalBroker.LocalCluster;
using SignalBroker.Migrations;
using SignalBroker.Tests.Harness;
using SignalBroker.Tests.Inbox;

namespace SignalBroker.Tests.Failures;

/// <summary>A backup of a database in use is restored into an empty server, while the nodes go on.</summary>
[Collection(nameof(FailureCollection))]
public sealed class RestoreTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_restored_backup_serves_whoever_still_listens_and_says_what_is_missing()
    {
        await using var servers = await Cluster.StartAsync(
            new ClusterOptions { Webapps = 2, WebappSettings = TestCluster.Settings },
            Token
        );
        await servers.AllNodesReadyAsync();
        Api[] apis = [.. servers.Webapps.Select(webapp => new Api(webapp.PublicAddress))];
        await using var sender = await Listener.StartAsync(apis[0]);
        await using var kept = await NumberReader.StartAsync(apis[0]);
        await using var leaving = await Listener.StartAsync(apis[0]);
        var away = $"away-{Guid.NewGuid()}";
        var toKept = StoredTraffic.Start(apis, sender.Session, kept.UserId);
        var toAway = StoredTraffic.Start(apis, sender.Session, away);
        await Task.WhenAll(toKept.FlowsAsync(50), toAway.FlowsAsync(50));

        var surelyInBackup = toAway.Count;
        var backup = Path.Combine(servers.LogFolder, "signalbroker.dump");
        await RunAsync("pg_dump", servers.Postgres, "--format=custom", $"--file={backup}");
        await Task.WhenAll(toKept.FlowsAsync(50), toAway.FlowsAsync(50));
        await using var late = await NumberReader.StartAsync(apis[1], $"late-{Guid.NewGuid()}");
        var toLate = StoredTraffic.Start(apis, sender.Session, late.UserId);
        await toLate.FlowsAsync(20);
        await apis[0].DisconnectAsync(leaving.Session);
        var counts = await Task.WhenAll(toKept.StopAsync(), toAway.StopAsync(), toLate.StopAsync());
        await Eventually.HoldsAsync(() => kept.Numbers.Count.ShouldBe(counts[0]));
        await Eventually.HoldsAsync(() => late.Numbers.Count.ShouldBe(counts[2]));

        await servers.Postgres.KillAsync();
        foreach (var webapp in servers.Webapps)
        {
            await webapp.StopAsync(Token);
        }

        var watch = Stopwatch.StartNew();
        await servers.ReplacePostgresAsync(Token);
        await RunAsync("pg_restore", servers.Postgres, "--no-owner", "--exit-on-error", "--jobs=2", backup);
        await CountOnAsync(servers.Postgres);
        foreach (var webapp in servers.Webapps)
        {
            await webapp.StartAsync(Token);
        }

        await servers.AllNodesReadyAsync();
        Measured("restored and ready", watch.Elapsed);

        // Whoever was in the backup and still listens is known as before, and gets what comes now.
        foreach (var api in apis)
        {
            (await api.StoreAsync(sender.Session, kept.UserId, 1_000_000)).ShouldBeStored();
        }

        await Eventually.HoldsAsync(() => kept.Numbers.Count.ShouldBe(counts[0] + 2));
        kept.States.ShouldBeEmpty();

        // Whoever came after the backup loses the socket, comes back by itself, and gets what comes now.
        await Eventually.HoldsAsync(() => late.States.LastOrDefault().ShouldBeOfType<ClientState.Listening>());
        Measured("who came after the backup listens again", watch.Elapsed);
        (await apis[0].StoreAsync(sender.Session, late.UserId, 1_000_000)).ShouldBeStored();
        await Eventually.HoldsAsync(() => late.Numbers.Count.ShouldBe(counts[2] + 1));

        // Whoever left after the backup is gone.
        await using var database = NpgsqlDataSource.Create($"{servers.Postgres.ConnectionString};Pooling=false");
        await Eventually.HoldsAsync(async () => (await database.IsAckedAsync(leaving.Key)).ShouldBeNull());
        Measured("who left after the backup is gone", watch.Elapsed);

        // What is in the backup is delivered, in order, and what is missing is not passed over in silence.
        await using var back = await NumberReader.StartAsync(apis[1], away);
        await Eventually.HoldsAsync(() => back.Numbers.Count.ShouldBeGreaterThanOrEqualTo(surelyInBackup));
        (await apis[0].StoreAsync(sender.Session, away, 1_000_000)).ShouldBeStored();
        await Eventually.HoldsAsync(() => back.Numbers.Last().ShouldBe(1_000_000));
        var delivered = back.Numbers.SkipLast(1).ToList();
        delivered.ShouldBe(Enumerable.Range(1, delivered.Count));
        delivered.Count.ShouldBeInRange(surelyInBackup, counts[1]);
        var session = await apis[0].ConnectAsync(away);
        (await RecoveredAsync(apis[0], session, after: counts[1])).ShouldBeFalse();
        (await RecoveredAsync(apis[0], session, after: delivered.Count)).ShouldBeFalse();
    }

    private static async Task<bool> RecoveredAsync(Api api, ConnectedSession session, long after)
    {
        var answer = await api.ReadInboxAsync(session, $"?limit=0&after={after}");
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        return answer.Json.GetProperty("recovered").GetBoolean();
    }

    // As docs/operations/database.md has it, and so the other one.
    private static Task RunAsync(string program, Postgres postgres, params string[] arguments)
    {
        var address = new NpgsqlConnectionStringBuilder(postgres.ConnectionString);
        return RunAsync(
            Path.Combine(PostgresServer.Programs, program),
            [
                $"--dbname=postgresql://{address.Username}@{address.Host}:{address.Port}/{address.Database}",
                .. arguments,
            ],
            ("PGPASSWORD", address.Password!)
        );
    }

    private static Task CountOnAsync(Postgres postgres) =>
        RunAsync(
            "dotnet",
            [typeof(Migrator).Assembly.Location, "restored"],
            ("ConnectionStrings__Database", postgres.ConnectionString)
        );

    private static async Task RunAsync(string program, string[] arguments, (string Name, string Value) secret)
    {
        var start = new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardError = true };
        start.Environment[secret.Name] = secret.Value;
        using var process = Process.Start(start)!;
        var errors = await process.StandardError.ReadToEndAsync(Token);
        await process.WaitForExitAsync(Token);
        process.ExitCode.ShouldBe(0, errors);
    }

    private static void Measured(string what, TimeSpan took) =>
        TestContext.Current.TestOutputHelper?.WriteLine($"{what}: {took.TotalSeconds:0.00} s");
}
