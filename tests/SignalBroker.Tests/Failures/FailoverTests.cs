using System.Diagnostics;
using System.Net;
using Npgsql;
using SignalBroker.LocalCluster;
using SignalBroker.Migrations;
using SignalBroker.Operations;
using SignalBroker.Tests.Harness;
using SignalBroker.Tests.Inbox;
using Successions = SignalBroker.Sessions.Successions;

namespace SignalBroker.Tests.Failures;

/// <summary>PostgreSQL is lost for good, and its standby is promoted in its place.</summary>
[Collection(nameof(FailureCollection))]
public sealed class FailoverTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>A killed server refuses connections, a frozen one is a machine that has gone: nothing answers.</summary>
    [Theory]
    [InlineData("killed")]
    [InlineData("frozen")]
    public async Task No_stored_signal_is_lost_and_the_webapps_find_the_new_primary(string primary)
    {
        await using var servers = await Cluster.StartAsync(
            new ClusterOptions
            {
                Nodes = 1,
                Webapps = 2,
                Standby = true,
                WebappSettings = TestCluster.Settings,
            },
            Token
        );
        await servers.AllNodesReadyAsync();
        Api[] apis = [.. servers.Webapps.Select(webapp => new Api(webapp.PublicAddress))];
        await using var sender = await Listener.StartAsync(apis[0]);
        await using var near = await NumberReader.StartAsync(apis[0]);
        await using var far = await NumberReader.StartAsync(apis[1]);
        var away = $"away-{Guid.NewGuid()}";
        StoredTraffic[] traffic =
        [
            .. ((string[])[near.UserId, far.UserId, away]).Select(user =>
                StoredTraffic.Start(apis, sender.Session, user)
            ),
        ];
        await Task.WhenAll(traffic.Select(each => each.FlowsAsync(50)));

        var lost = Stopwatch.GetTimestamp();
        await (primary == "killed" ? servers.Postgres.KillAsync() : FreezeAsync(servers.Postgres));
        await Task.WhenAll(traffic.Select(each => each.IsRefusedAsync()));
        var promoting = Stopwatch.GetTimestamp();
        await servers.Standby!.PromoteAsync(Token);
        var promoted = Stopwatch.GetTimestamp();
        await Task.WhenAll(traffic.Select(each => each.FlowsAsync(100)));

        Measured("the promotion took", Stopwatch.GetElapsedTime(promoting, promoted));
        foreach (var each in traffic)
        {
            Measured("first stored after the promotion", each.FirstAfter(promoted));
            Measured("nothing stored for", each.LongestGap);
        }

        await EverybodyIsServedAsync(servers, apis, sender);
        var counts = await Task.WhenAll(traffic.Select(each => each.StopAsync()));
        Measured("all of it", Stopwatch.GetElapsedTime(lost));
        traffic.SelectMany(each => each.Refusals).Distinct().ShouldBe(["503 database-unavailable"]);
        await using var back = await NumberReader.StartAsync(apis[1], away);
        foreach (var (reader, count) in ((NumberReader[])[near, far, back]).Zip(counts))
        {
            await Eventually.HoldsAsync(() => reader.Numbers.LastOrDefault().ShouldBe(count));
            reader.Numbers.ShouldBe(Enumerable.Range(1, count));
            reader.States.ShouldBeEmpty();
        }

        sender.Closed.IsCompleted.ShouldBeFalse();
    }

    /// <summary>The statement's time-out ends the wait, not the commit: PostgreSQL has it alone then, and says that it is done.</summary>
    [Fact]
    public async Task A_primary_that_has_lost_its_only_standby_waits_with_each_commit_until_it_is_told_not_to()
    {
        await using var servers = await StartAsync();
        await servers.AllNodesReadyAsync();
        var api = new Api(servers.Webapps[0].PublicAddress);
        await using var sender = await Listener.StartAsync(api);
        await servers.Standby!.KillAsync();

        var slow = Stopwatch.StartNew();
        (await api.StoreAsync(sender.Session, "bob", 9, id: "9")).ShouldBeStored();
        slow.Elapsed.ShouldBeGreaterThan(TimeSpan.FromSeconds(2));
        Measured("stored without the standby", slow.Elapsed);

        await using var database = NpgsqlDataSource.Create($"{servers.Postgres.ConnectionString};Pooling=false");
        foreach (var statement in (string[])["ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()"])
        {
            await using var command = database.CreateCommand(statement);
            await command.ExecuteNonQueryAsync(Token);
        }

        await Eventually.HoldsAsync(async () =>
            (await api.StoreAsync(sender.Session, "bob", 10, id: "10")).ShouldBeStored()
        );
        var quick = Stopwatch.StartNew();
        (await api.StoreAsync(sender.Session, "bob", 11, id: "11")).ShouldBeStored();
        Measured("stored when the primary need not wait", quick.Elapsed);
    }

    private static Task FreezeAsync(Part part)
    {
        part.Pause();
        return Task.CompletedTask;
    }

    // Sessions can be opened, and each webapp hears of what the other one changes.
    private static async Task EverybodyIsServedAsync(Cluster servers, Api[] apis, Listener sender)
    {
        await using var database = NpgsqlDataSource.Create($"{servers.Standby!.ConnectionString};Pooling=false");
        await Eventually.HoldsAsync(async () =>
        {
            await using var count = database.CreateCommand(
                $"SELECT count(*) FROM pg_stat_activity WHERE application_name = '{Successions.ListenerName}'"
            );
            (await count.ExecuteScalarAsync(Token)).ShouldBe(2L);
        });
        await using var first = await Listener.StartAsync(apis[0]);
        await QueuesAsync(apis[0], [first.Key]);
        await QueuesAsync(apis[1], [first.Key]);
        await using var second = await Listener.StartAsync(apis[1], first.Session.UserId);
        await QueuesAsync(apis[0], [first.Key, second.Key]);
        await QueuesAsync(apis[1], [first.Key, second.Key]);

        async Task QueuesAsync(Api api, string[] keys)
        {
            await Eventually.HoldsAsync(async () =>
            {
                var answer = await api.ExchangeAsync(sender.Session, new { to = first.Session.UserId, content = 0 });
                answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
                answer.Outcomes.Order().ShouldBe(keys.Order().Select(key => ((string?)key, "queued")));
            });
        }
    }

    /// <summary>Whoever uses the connection string finds the primary, wherever it stands in it.</summary>
    [Fact]
    public async Task A_connection_string_of_several_hosts_leads_to_the_primary()
    {
        await using var servers = await StartAsync();
        var hosts = servers
            .DatabaseConnectionString.Split(';')
            .Single(part => part.StartsWith("Host=", StringComparison.Ordinal));
        var turned = "Host=" + string.Join(',', hosts["Host=".Length..].Split(',').Reverse());
        var standbyFirst = servers
            .DatabaseConnectionString.Replace(hosts, turned, StringComparison.Ordinal)
            .Replace("Target Session Attributes=primary", "", StringComparison.OrdinalIgnoreCase);

        await Migrator.MigrateToAsync(standbyFirst, Migrator.Changes()[^2], Token);
        await Migrator.MigrateAsync(standbyFirst, Token);
        var webapp = await servers.AddWebappAsync([new("ConnectionStrings:Database", standbyFirst)], Token);
        await using var listener = await Listener.StartAsync(new Api(webapp.PublicAddress));
        var (_, checkedOutput) = await AdminCommand.RunWithSettingsAsync(webapp, CheckCommand.Name);

        checkedOutput.ShouldContain("ok      the schema is as new as this version needs\n");
        checkedOutput.ShouldNotContain("synchronous_standby_names");
        checkedOutput.ShouldNotContain("the connection to PostgreSQL is not encrypted");
    }

    private static void Measured(string what, TimeSpan took) =>
        TestContext.Current.TestOutputHelper?.WriteLine($"{what}: {took.TotalSeconds:0.00} s");

    private static Task<Cluster> StartAsync() =>
        Cluster.StartAsync(
            new ClusterOptions
            {
                Nodes = 1,
                Standby = true,
                WebappSettings = TestCluster.Settings,
            },
            Token
        );
}
