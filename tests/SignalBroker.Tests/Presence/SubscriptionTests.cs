using System.Net;
using Dapper;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Presence;

/// <summary>What a session hears of the users that it has subscribed to.</summary>
public sealed class SubscriptionTests(TestCluster cluster)
{
    private readonly string userId = $"user-{Guid.NewGuid()}";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_subscriber_hears_that_a_user_comes_and_goes()
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
    public async Task Each_device_of_a_user_is_told_of()
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
    public async Task However_many_subscribe_to_a_user_one_look_is_enough()
    {
        var viewers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => cluster.Api.ConnectAsync()));
        await using var looks = cluster.Database.CreateCommand("SELECT count(*) FROM presence_due WHERE user_id = $1");
        looks.Parameters.AddWithValue(userId);

        foreach (var viewer in viewers)
        {
            await cluster.Api.SubscribeAsync(viewer, userId);
            ((long)(await looks.ExecuteScalarAsync(Token))!).ShouldBeLessThan(10);
        }

        await Eventually.HoldsAsync(async () => ((long)(await looks.ExecuteScalarAsync(Token))!).ShouldBe(0));
        await cluster.Api.SubscribeAsync(viewers[0], userId);
        ((long)(await looks.ExecuteScalarAsync(Token))!).ShouldBe(0);
    }

    [Fact]
    public async Task A_quick_reconnect_shows_nothing()
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
    public async Task While_one_device_may_be_back_the_coming_of_another_does_not_tell_that_it_went()
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
    public async Task Whoever_comes_back_after_the_grace_is_told_of_twice()
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
    public async Task Everybody_who_has_subscribed_hears_it_on_whichever_node()
    {
        var sessions = await cluster.ConnectOnEachNodeAsync();
        var viewers = new List<Listener>();
        foreach (var session in sessions)
        {
            viewers.Add(await Listener.StartAsync(session));
        }

        // More than one publish is copied to.
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
    public async Task A_new_list_replaces_the_old_one()
    {
        await using var viewer = await Listener.StartAsync(cluster.Api);
        await cluster.Api.SubscribeAsync(viewer.Session, $"{userId}-old", $"{userId}-kept");
        var now = await cluster
            .ApiOf(1)
            .SubscribeAsync(viewer.Session, $"{userId}-new", $"{userId}-kept", $"{userId}-new");
        now.Select(user => user.User).ShouldBe([$"{userId}-new", $"{userId}-kept"]);
        await ListIsAsync(viewer, $"{userId}-kept", $"{userId}-new");

        await using var old = await Listener.StartAsync(cluster.Api, $"{userId}-old");
        await using var kept = await Listener.StartAsync(cluster.Api, $"{userId}-kept");
        (await viewer.ReceivePresenceAsync()).User.ShouldBe($"{userId}-kept");
        await using var another = await Listener.StartAsync(cluster.Api, $"{userId}-new");
        (await viewer.ReceivePresenceAsync()).User.ShouldBe($"{userId}-new");

        (await cluster.Api.SubscribeAsync(viewer.Session)).ShouldBeEmpty();
        await ListIsAsync(viewer);
        await kept.DisposeAsync();
        await cluster.Api.SeesAsync(viewer.Session, $"{userId}-kept", "away");
        (
            await DueAsync("SELECT count(*)::int FROM presence_due WHERE starts_with(user_id, @userId) AND went")
        ).ShouldBe(0);
    }

    [Fact]
    public async Task Subscriptions_end_with_their_session()
    {
        await using var viewer = await Listener.StartAsync(cluster.Api);
        await cluster.Api.SubscribeAsync(viewer.Session, userId);

        await cluster.Api.DisconnectAsync(viewer.Session);

        (await cluster.Api.PutSubscriptionsAsync(viewer.Session, new { users = new[] { userId } })).Code.ShouldBe(
            "unauthorized"
        );
        (await cluster.ApiOf(1).PutSubscriptionsAsync(viewer.Session, new { users = new[] { userId } })).Code.ShouldBe(
            "unauthorized"
        );
        await Eventually.HoldsAsync(async () =>
            (await DueAsync("SELECT count(*)::int FROM presence_subscriptions WHERE user_id = @userId")).ShouldBe(0)
        );
    }

    [Fact]
    public async Task Whoever_subscribes_before_it_listens_is_told_when_it_does()
    {
        var session = await cluster.Api.ConnectAsync();
        await cluster.Api.SubscribeAsync(session, userId);
        await using var user = await Listener.StartAsync(cluster.Api, userId);
        await cluster.Api.SeesAsync(session, userId, "listening");

        await using var viewer = await Listener.StartAsync(session);

        (await viewer.ReceivePresenceAsync()).State.ShouldBe("listening");
    }

    [Fact]
    public async Task No_change_is_lost_between_the_answer_and_the_subscription()
    {
        // Whoever subscribes while users come and go hears in the end what is true.
        string[] users = [.. Enumerable.Range(0, 20).Select(number => $"{userId}-{number}")];
        await using var viewer = await Listener.StartAsync(cluster.Api);
        var seen = new Dictionary<string, (DateTimeOffset AsOf, string? State)>();
        var coming = Task.WhenAll(users.Select((user, number) => Listener.StartAsync(cluster.ApiOf(number % 2), user)));
        for (var number = 0; number < 4; number++)
        {
            Note(await cluster.ApiOf(number % 2).SubscribeAsync(viewer.Session, users));
        }

        await using var listeners = new Listeners(await coming);
        while (users.Any(user => seen.GetValueOrDefault(user).State != "listening"))
        {
            Note([await viewer.ReceivePresenceAsync()]);
        }

        void Note(IEnumerable<System.Text.Json.JsonElement> reports)
        {
            foreach (var report in reports)
            {
                var asOf = report.GetProperty("asOf").GetDateTimeOffset();
                if (asOf >= seen.GetValueOrDefault(report.User!).AsOf)
                {
                    seen[report.User!] = (asOf, report.State);
                }
            }
        }
    }

    [Fact]
    public async Task A_change_that_was_committed_while_somebody_subscribed_is_found_by_a_second_look()
    {
        await using var viewer = await Listener.StartAsync(cluster.Api);
        await using var user = await Listener.StartAsync(cluster.Api, userId, "phone");
        await cluster.Api.SeesAsync(viewer.Session, userId, "listening");
        await using (var database = await cluster.Database.OpenConnectionAsync(Token))
        {
            // As a statement does that has begun before: it sees no subscription, so that it puts nothing down.
            await using var transaction = await database.BeginTransactionAsync(Token);
            await database.ExecuteAsync(
                "UPDATE sessions SET device = 'tablet' WHERE user_id = @userId",
                new { userId }
            );
            (await cluster.Api.SubscribeAsync(viewer.Session, userId))
                .ShouldHaveSingleItem()
                .Devices.ShouldBe(["phone listening"]);
            await transaction.CommitAsync(Token);
        }

        (await viewer.ReceivePresenceAsync()).Devices.ShouldBe(["tablet listening"]);
    }

    [Theory]
    [InlineData("""{"users":null}""", "invalid-member")]
    [InlineData("""{}""", "invalid-member")]
    [InlineData("""{"users":"bob"}""", "invalid-member")]
    [InlineData("""{"users":[null]}""", "invalid-member")]
    [InlineData("""{"users":[7]}""", "malformed-body")]
    [InlineData("""[]""", "malformed-body")]
    [InlineData("""{""", "malformed-body")]
    public async Task What_is_wrong_is_refused(string body, string code)
    {
        var session = await cluster.Api.ConnectAsync();

        var answer = await cluster.Api.SendAsync(
            new HttpRequestMessage(HttpMethod.Put, "/presence/subscriptions")
            {
                Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json"),
            },
            session.Authorization
        );

        answer.Status.ShouldBe(HttpStatusCode.BadRequest, answer.Body);
        answer.Code.ShouldBe(code);
    }

    [Fact]
    public async Task A_session_may_subscribe_to_a_hundred_users_and_not_too_often()
    {
        var session = await cluster.Api.ConnectAsync();
        string[] hundred = [.. Enumerable.Range(0, 100).Select(number => $"{userId}-{number}")];

        (await cluster.Api.SubscribeAsync(session, hundred)).Count.ShouldBe(100);
        (await cluster.Api.PutSubscriptionsAsync(session, new { users = hundred.Append("more") })).Code.ShouldBe(
            "invalid-member"
        );
        var answers = await Task.WhenAll(
            Enumerable
                .Range(0, 30)
                .Select(_ => cluster.Api.PutSubscriptionsAsync(session, new { users = Array.Empty<string>() }))
        );

        var refused = answers.Where(answer => answer.Status != HttpStatusCode.OK).ToList();
        refused.ShouldNotBeEmpty();
        refused.ShouldAllBe(answer => answer.Code == "too-many-requests" && answer.Headers.RetryAfter != null);
    }

    private async Task ListIsAsync(Listener viewer, params string[] users) =>
        (await cluster.Api.GetAsync("/presence/subscriptions", viewer.Session))
            .Json.GetProperty("users")
            .EnumerateArray()
            .Select(user => user.GetString())
            .ShouldBe(users);

    // A departure is told of after a second, and here after a minute.
    private async Task IsGoneForAMinuteAsync(Listener listener)
    {
        await using var database = await cluster.Database.OpenConnectionAsync(Token);
        await using var transaction = await database.BeginTransactionAsync(Token);
        // As whoever is at it does.
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

    // The count that is selected, or of the rows that were changed.
    private async Task<int> DueAsync(string sql)
    {
        await using var database = await cluster.Database.OpenConnectionAsync(Token);
        return sql.StartsWith("SELECT", StringComparison.Ordinal)
            ? await database.QuerySingleAsync<int>(sql, new { userId })
            : await database.ExecuteAsync(sql, new { userId });
    }

    private sealed class Listeners(IEnumerable<Listener> listeners) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            foreach (var listener in listeners)
            {
                await listener.DisposeAsync();
            }
        }
    }
}
