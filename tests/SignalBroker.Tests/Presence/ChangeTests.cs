using Dapper;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Presence;

/// <summary>What a subscriber hears when users come and go.</summary>
public sealed class ChangeTests(TestCluster cluster)
{
    private readonly string userId = $"user-{Guid.NewGuid()}";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_subscriber_hears_when_a_user_comes_and_goes()
    {
        await using var viewer = await Listener.StartAsync(cluster.Api);
        (await cluster.Api.SubscribeAsync(viewer.Session, userId)).ShouldHaveSingleItem().State.ShouldBe("away");

        await using (var phone = await Listener.StartAsync(cluster.ApiOf(1), userId, "phone"))
        {
            var came = await viewer.ReceivePresenceAsync();
            came.User.ShouldBe(userId);
            came.State.ShouldBe("listening");
            came.Devices.ShouldBe(["phone listening"]);
        }

        var went = await viewer.ReceivePresenceAsync();
        went.State.ShouldBe("away");
        went.Devices.ShouldBeEmpty();
        went.TryGetProperty("lastSeen", out _).ShouldBeTrue();
    }

    [Fact]
    public async Task A_subscriber_hears_of_each_device_of_a_user()
    {
        await using var viewer = await Listener.StartAsync(cluster.Api);
        await cluster.Api.SubscribeAsync(viewer.Session, userId);

        await using var phone = await Listener.StartAsync(cluster.Api, userId, "phone");
        (await viewer.ReceivePresenceAsync()).Devices.ShouldBe(["phone listening"]);
        await using (var nameless = await Listener.StartAsync(cluster.Api, userId))
        {
            (await viewer.ReceivePresenceAsync()).Devices.ShouldBe([" listening", "phone listening"]);
        }

        var left = await viewer.ReceivePresenceAsync();
        left.Devices.ShouldBe(["phone listening"]);
        left.State.ShouldBe("listening");
    }

    [Fact]
    public async Task A_subscriber_does_not_notice_a_quick_reconnect()
    {
        await using var viewer = await Listener.StartAsync(cluster.Api);
        await using var first = await Listener.StartAsync(cluster.Api, userId, "phone");
        await cluster.Api.SeesAsync(viewer.Session, userId, "listening");
        (await cluster.Api.SubscribeAsync(viewer.Session, userId)).ShouldHaveSingleItem().State.ShouldBe("listening");

        await IsGoneForAMinuteAsync(first);
        await using var second = await Listener.StartAsync(cluster.Api, userId, "phone");
        await using var laptop = await Listener.StartAsync(cluster.Api, userId, "laptop");
        (await viewer.ReceivePresenceAsync()).Devices.ShouldBe(["laptop listening", "phone listening"]);
        (await DueAsync("UPDATE presence_due SET due_at = now() WHERE user_id = @userId AND went")).ShouldBe(1);
        await NothingIsDueAsync();

        await laptop.DisposeAsync();
        (await viewer.ReceivePresenceAsync()).Devices.ShouldBe(["phone listening"]);
    }

    [Fact]
    public async Task A_new_device_does_not_reveal_that_another_has_just_gone_and_may_come_back()
    {
        await using var viewer = await Listener.StartAsync(cluster.Api);
        await using var phone = await Listener.StartAsync(cluster.Api, userId, "phone");
        await cluster.Api.SeesAsync(viewer.Session, userId, "listening");
        await cluster.Api.SubscribeAsync(viewer.Session, userId);
        await IsGoneForAMinuteAsync(phone);

        await using var laptop = await Listener.StartAsync(cluster.Api, userId, "laptop");
        await Eventually.HoldsAsync(async () =>
            (await DueAsync("SELECT count(*)::int FROM presence_due WHERE user_id = @userId AND NOT went")).ShouldBe(0)
        );
        await DueAsync("UPDATE presence_due SET due_at = now() WHERE user_id = @userId");

        (await viewer.ReceivePresenceAsync()).Devices.ShouldBe(["laptop listening"]);
    }

    [Fact]
    public async Task A_subscriber_hears_twice_of_a_user_who_comes_back_after_the_grace_period()
    {
        await using var viewer = await Listener.StartAsync(cluster.Api);
        await using var first = await Listener.StartAsync(cluster.Api, userId);
        await cluster.Api.SeesAsync(viewer.Session, userId, "listening");
        await cluster.Api.SubscribeAsync(viewer.Session, userId);

        await first.DisposeAsync();
        (await viewer.ReceivePresenceAsync()).State.ShouldBe("away");
        await using var second = await Listener.StartAsync(cluster.Api, userId);
        (await viewer.ReceivePresenceAsync()).State.ShouldBe("listening");
    }

    [Fact]
    public async Task Subscribers_on_every_node_hear_of_a_change()
    {
        var sessions = await cluster.ConnectOnEachNodeAsync();
        var viewers = new List<Listener>();
        foreach (var session in sessions)
        {
            viewers.Add(await Listener.StartAsync(session));
        }

        // More than one publish can reach.
        for (var number = 0; number < 40; number++)
        {
            viewers.Add(await Listener.StartAsync(cluster.ApiOf(number % 2)));
        }

        foreach (var viewer in viewers)
        {
            await cluster.Api.SubscribeAsync(viewer.Session, userId);
        }

        await using var user = await Listener.StartAsync(cluster.Api, userId);

        foreach (var viewer in viewers)
        {
            (await viewer.ReceivePresenceAsync()).State.ShouldBe("listening");
            await viewer.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_session_that_subscribes_before_it_listens_hears_of_changes_when_it_does()
    {
        var session = await cluster.Api.ConnectAsync();
        await cluster.Api.SubscribeAsync(session, userId);
        await using var user = await Listener.StartAsync(cluster.Api, userId);
        await cluster.Api.SeesAsync(session, userId, "listening");

        await using var viewer = await Listener.StartAsync(session);

        (await viewer.ReceivePresenceAsync()).State.ShouldBe("listening");
    }

    // A departure is told after a second; here it is put off to a minute.
    private async Task IsGoneForAMinuteAsync(Listener listener)
    {
        await using var database = await cluster.Database.OpenConnectionAsync(Token);
        await using var transaction = await database.BeginTransactionAsync(Token);
        // As the webapp that tells does.
        await database.ExecuteAsync("SELECT pg_advisory_xact_lock(hashtextextended(@userId, 8))", new { userId });
        await listener.DisposeAsync();
        await Eventually.HoldsAsync(async () =>
            (
                await database.QuerySingleOrDefaultAsync<TimeSpan?>(
                    "SELECT due_at - last_seen FROM presence_due JOIN users USING (user_id) WHERE user_id = @userId AND went",
                    new { userId }
                )
            ).ShouldBe(TimeSpan.FromSeconds(1))
        );
        await Eventually.HoldsAsync(async () =>
            (
                await database.ExecuteAsync(
                    "UPDATE presence_due SET due_at = now() + '1 minute' WHERE user_id = @userId AND went",
                    new { userId }
                )
            ).ShouldBe(1)
        );
        await transaction.CommitAsync(Token);
    }

    private Task NothingIsDueAsync() =>
        Eventually.HoldsAsync(async () =>
            (await DueAsync("SELECT count(*)::int FROM presence_due WHERE user_id = @userId")).ShouldBe(0)
        );

    // The count selected, or the number of rows changed.
    private async Task<int> DueAsync(string sql)
    {
        await using var database = await cluster.Database.OpenConnectionAsync(Token);
        return sql.StartsWith("SELECT", StringComparison.Ordinal)
            ? await database.QuerySingleAsync<int>(sql, new { userId })
            : await database.ExecuteAsync(sql, new { userId });
    }
}
