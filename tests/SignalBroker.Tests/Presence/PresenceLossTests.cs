using System.Text.Json;
using Dapper;
using Npgsql;
using SignalBroker.Tests.Failures;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Presence;

/// <summary>What the loss of a node, a webapp or the database means to presence.</summary>
public sealed class PresenceLossTests(FailureCluster cluster) : FailureTests(cluster)
{
    [Fact]
    public async Task Users_of_a_killed_node_are_unknown_and_away_when_it_is_back()
    {
        await using var viewer = await Cluster.ListenOnAsync(Cluster.Bystander);
        await using var user = await Cluster.ListenOnAsync(Cluster.Victim);
        var userId = user.Session.UserId;
        await SubscribeAsync(viewer, userId);

        await Cluster.Victim.KillAsync();

        var unknown = await viewer.ReceivePresenceAsync();
        unknown.State.ShouldBe("unknown");
        unknown.Devices.ShouldBe([" unknown"]);
        var lastSeen = unknown.GetProperty("lastSeen").GetDateTimeOffset();
        (await Cluster.ApiOf(1).StateAsync(viewer.Session, userId)).ShouldBe("unknown");
        (await SelectAsync<string>("SELECT state FROM presence WHERE user_id = @userId", userId)).ShouldBe("unknown");

        await Cluster.Victim.StartAsync(Token);
        var away = await viewer.ReceivePresenceAsync();
        away.State.ShouldBe("away");
        // Nobody has seen it since.
        away.GetProperty("lastSeen").GetDateTimeOffset().ShouldBe(lastSeen, TimeSpan.FromMilliseconds(1));
    }

    [Fact]
    public async Task Whoever_comes_back_on_another_node_listens()
    {
        await using var viewer = await Cluster.ListenOnAsync(Cluster.Bystander);
        await using var user = await Cluster.ListenOnAsync(Cluster.Victim);
        var userId = user.Session.UserId;
        await SubscribeAsync(viewer, userId);
        await Cluster.Victim.KillAsync();
        (await viewer.ReceivePresenceAsync()).State.ShouldBe("unknown");

        await using var back = await Listener.StartAsync(Cluster.ApiOf(1), userId);

        var told = await viewer.ReceivePresenceAsync();
        told.State.ShouldBe("listening");
        told.Devices.ShouldBe([" listening"]);
    }

    [Fact]
    public async Task Users_of_a_frozen_node_are_unknown_and_listen_again_when_it_continues()
    {
        await using var viewer = await Cluster.ListenOnAsync(Cluster.Bystander);
        await using var user = await Cluster.ListenOnAsync(Cluster.Victim);
        var userId = user.Session.UserId;
        await SubscribeAsync(viewer, userId);

        Cluster.Victim.Pause();

        (await viewer.ReceivePresenceAsync()).State.ShouldBe("unknown");
        Cluster.Victim.Resume();
        (await viewer.ReceivePresenceAsync()).State.ShouldBe("listening");
    }

    [Fact]
    public async Task What_changes_while_the_subscribers_node_is_frozen_is_told_when_it_continues()
    {
        await using var viewer = await Cluster.ListenOnAsync(Cluster.Victim);
        await using var user = await Cluster.ListenOnAsync(Cluster.Bystander);
        var userId = user.Session.UserId;
        await SubscribeAsync(viewer, userId);
        Cluster.Victim.Pause();
        await Cluster.EverybodySeesAsync(Cluster.Victim, "unreachable", NoticedWithin);

        await user.DisposeAsync();
        await Eventually.HoldsAsync(async () =>
            (await SelectAsync<long>("SELECT count(*) FROM sessions WHERE user_id = @userId", userId)).ShouldBe(0)
        );
        Cluster.Victim.Resume();

        (await viewer.ReceivePresenceAsync()).State.ShouldBe("away");
    }

    [Fact]
    public async Task What_a_webapp_had_not_told_when_it_died_another_one_tells()
    {
        await using var viewer = await Cluster.ListenOnAsync(Cluster.Bystander);
        await using var user = await Cluster.ListenOnAsync(Cluster.Bystander);
        var userId = user.Session.UserId;
        await SubscribeAsync(viewer, userId);
        await using var database = await OpenAsync();
        await using var gate = await OpenAsync();

        // It has taken what is due, and can't find out yet whom to tell.
        await database.ExecuteAsync("SELECT pg_advisory_lock(hashtextextended(@userId, 8))", new { userId });
        await using var phone = await Listener.StartAsync(await Cluster.ApiOf(0).ConnectAsync(userId, "phone"));
        await Eventually.HoldsAsync(async () =>
            (
                await SelectAsync<long>(
                    "SELECT count(*) FROM sessions WHERE user_id = @userId AND acked_at IS NOT NULL",
                    userId
                )
            ).ShouldBe(2)
        );
        Cluster.Servers.Webapps[1].Pause();
        await using var transaction = await gate.BeginTransactionAsync(Token);
        await gate.ExecuteAsync("LOCK TABLE presence_subscriptions IN ACCESS EXCLUSIVE MODE");
        await database.ExecuteAsync("SELECT pg_advisory_unlock(hashtextextended(@userId, 8))", new { userId });
        await Eventually.HoldsAsync(async () =>
            (
                await SelectAsync<long>(
                    """
                    SELECT count(*) FROM pg_stat_activity
                    WHERE wait_event_type = 'Lock' AND query LIKE '%subscription.told IS DISTINCT FROM%'
                      AND pid <> pg_backend_pid()
                    """,
                    userId
                )
            ).ShouldBe(1)
        );

        await Cluster.Servers.Webapps[0].KillAsync();
        await transaction.RollbackAsync(Token);
        Cluster.Servers.Webapps[1].Resume();

        (await viewer.ReceivePresenceAsync()).Devices.ShouldBe([" listening", "phone listening"]);
    }

    [Fact]
    public async Task Users_and_subscriptions_survive_webapps_that_start_again()
    {
        await using var viewer = await Cluster.ListenOnAsync(Cluster.Bystander);
        await using var user = await Cluster.ListenOnAsync(Cluster.Bystander);
        var userId = $"user-{Guid.NewGuid()}";
        await Cluster.ApiOf(0).ComeAndGoAsync(userId);
        await SubscribeAsync(viewer, user.Session.UserId);

        foreach (var webapp in Cluster.Servers.Webapps)
        {
            await webapp.KillAsync();
        }

        await user.DisposeAsync();
        foreach (var webapp in Cluster.Servers.Webapps)
        {
            await webapp.StartAsync(Token);
        }

        (await viewer.ReceivePresenceAsync()).State.ShouldBe("away");
        (await Cluster.ApiOf(1).GetAsync($"/users?after={userId[..^1]}&limit=1", viewer.Session))
            .Json.GetProperty("users")[0]
            .User.ShouldBe(userId);
        // Whoever starts sees no node for a while, and must not say that nobody does.
        (await SelectAsync<bool>("SELECT bool_and(reachable) FROM nodes", userId)).ShouldBeTrue();
    }

    [Fact]
    public async Task What_changes_while_the_database_is_down_is_told_when_it_is_back()
    {
        await using var viewer = await Cluster.ListenOnAsync(Cluster.Bystander);
        await using var user = await Cluster.ListenOnAsync(Cluster.Victim);
        await SubscribeAsync(viewer, user.Session.UserId);

        await Cluster.Servers.Postgres.KillAsync();
        await user.DisposeAsync();
        await Cluster.Servers.Postgres.StartAsync(Token);

        (await viewer.ReceivePresenceAsync()).State.ShouldBe("away");
        (await SelectAsync<bool>("SELECT bool_and(reachable) FROM nodes", "")).ShouldBeTrue();
    }

    private async Task<JsonElement> SubscribeAsync(Listener viewer, string userId)
    {
        await Cluster.ApiOf(0).SeesAsync(viewer.Session, userId, "listening");
        return (await Cluster.ApiOf(0).SubscribeAsync(viewer.Session, userId)).ShouldHaveSingleItem();
    }

    private async Task<T> SelectAsync<T>(string sql, string userId)
    {
        await using var database = await OpenAsync();
        return (await database.QuerySingleAsync<T>(sql, new { userId }))!;
    }

    private async Task<NpgsqlConnection> OpenAsync()
    {
        // A pool would hand out connections that a test has broken.
        var database = new NpgsqlConnection(Cluster.Servers.Postgres.ConnectionString + ";Pooling=false");
        await database.OpenAsync(Token);
        return database;
    }
}
