using System.Net;
using System.Text;
using System.Text.Json;
using Dapper;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Presence;

/// <summary>How sessions subscribe to users, and what bounds and ends it.</summary>
public sealed class SubscriptionTests(TestCluster cluster)
{
    private readonly string userId = $"user-{Guid.NewGuid()}";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_check_is_enough_however_many_subscribe_to_a_user()
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
            await CountAsync("SELECT count(*)::int FROM presence_due WHERE starts_with(user_id, @userId) AND went")
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
            (await CountAsync("SELECT count(*)::int FROM presence_subscriptions WHERE user_id = @userId")).ShouldBe(0)
        );
    }

    [Fact]
    public async Task No_change_is_lost_between_the_answer_and_the_subscription()
    {
        // A session that subscribes while users come and go ends up with their true states.
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

        void Note(IEnumerable<JsonElement> reports)
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
    public async Task A_change_committed_during_a_subscription_is_found_by_a_second_look()
    {
        await using var viewer = await Listener.StartAsync(cluster.Api);
        await using var user = await Listener.StartAsync(cluster.Api, userId, "phone");
        await cluster.Api.SeesAsync(viewer.Session, userId, "listening");
        await using (var database = await cluster.Database.OpenConnectionAsync(Token))
        {
            // Like a statement that began before: it sees no subscription, so it records nothing to tell.
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
    public async Task A_malformed_subscription_is_refused(string body, string code)
    {
        var session = await cluster.Api.ConnectAsync();

        var answer = await cluster.Api.SendAsync(
            new HttpRequestMessage(HttpMethod.Put, "/presence/subscriptions")
            {
                Content = new StringContent(body, Encoding.UTF8, "application/json"),
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

    private async Task<int> CountAsync(string sql)
    {
        await using var database = await cluster.Database.OpenConnectionAsync(Token);
        return await database.QuerySingleAsync<int>(sql, new { userId });
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
