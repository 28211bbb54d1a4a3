using System.Net;
using Dapper;
using SignalBroker.Identity;
using SignalBroker.Sessions;
using SignalBroker.Tests.Harness;
using SignalBroker.Users;

namespace SignalBroker.Tests.Presence;

/// <summary>Who has been seen, and who listens.</summary>
public sealed class ReadingTests(TestCluster cluster)
{
    private readonly string userId = $"user-{Guid.NewGuid()}";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_user_is_away_then_listening_then_away_again()
    {
        var viewer = await cluster.Api.ConnectAsync();
        var never = await cluster.Api.PresenceAsync(viewer, userId);
        never.State.ShouldBe("away");
        never.Devices.ShouldBeEmpty();
        never.TryGetProperty("lastSeen", out _).ShouldBeFalse();

        var phone = await Listener.StartAsync(cluster.Api, userId, "phone");
        await cluster.Api.SeesAsync(viewer, userId, "listening");
        var nameless = await Listener.StartAsync(cluster.ApiOf(1), userId);
        await Eventually.HoldsAsync(async () =>
            (await cluster.ApiOf(1).PresenceAsync(viewer, userId)).Devices.ShouldBe([" listening", "phone listening"])
        );
        var listening = await cluster.Api.PresenceAsync(viewer, userId);
        listening.TryGetProperty("lastSeen", out _).ShouldBeFalse();
        var since = listening.GetProperty("devices")[1].GetProperty("since").GetDateTimeOffset();
        listening.GetProperty("asOf").GetDateTimeOffset().ShouldBeGreaterThan(since);

        await nameless.DisposeAsync();
        await phone.DisposeAsync();
        await cluster.Api.SeesAsync(viewer, userId, "away");
        var away = await cluster.Api.PresenceAsync(viewer, userId);
        away.Devices.ShouldBeEmpty();
        away.GetProperty("lastSeen").GetDateTimeOffset().ShouldBeGreaterThan(since);
    }

    [Fact]
    public async Task A_session_that_was_ended_is_away_at_once()
    {
        var viewer = await cluster.Api.ConnectAsync();
        await using var listener = await Listener.StartAsync(cluster.Api, userId);
        await cluster.Api.SeesAsync(viewer, userId, "listening");

        await cluster.Api.DisconnectAsync(listener.Session);

        var away = await cluster.ApiOf(1).PresenceAsync(viewer, userId);
        away.State.ShouldBe("away");
        away.TryGetProperty("lastSeen", out _).ShouldBeTrue();
    }

    [Fact]
    public async Task A_session_that_was_only_opened_does_not_listen()
    {
        var session = await cluster.Api.ConnectAsync(userId, "phone");

        (await cluster.Api.StateAsync(session, userId)).ShouldBe("away");
    }

    [Fact]
    public async Task Many_are_asked_for_at_once_in_any_order()
    {
        await using var listener = await Listener.StartAsync(cluster.Api, userId);
        await cluster.Api.SeesAsync(listener.Session, userId, "listening");

        var answer = await cluster.Api.GetAsync(
            $"/presence?users=zoe-{userId},{userId}&users=amy-{userId}&users={userId}",
            listener.Session
        );

        answer.Headers.CacheControl!.NoStore.ShouldBeTrue();
        var presence = answer.Json.GetProperty("presence").EnumerateArray().ToList();
        presence.Select(user => user.User).ShouldBe([$"zoe-{userId}", userId, $"amy-{userId}"]);
        presence.Select(user => user.State).ShouldBe(["away", "listening", "away"]);
    }

    [Fact]
    public async Task Users_ever_seen_are_listed_page_by_page_in_the_order_of_bytes()
    {
        string[] names = ["B", "Z", "a", "b.1", "b:2", "b@3", "bb", "~"];
        foreach (var name in names)
        {
            await cluster.Api.ComeAndGoAsync($"{userId}{name}");
        }

        var viewer = await cluster.Api.ConnectAsync();
        var found = new List<string>();
        var after = userId;
        do
        {
            var answer = await cluster.ApiOf(1).GetAsync($"/users?limit=3&after={Uri.EscapeDataString(after)}", viewer);
            answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
            var page = answer.Json.GetProperty("users").EnumerateArray().ToList();
            page.Count.ShouldBeLessThanOrEqualTo(3);
            found.AddRange(page.Select(user => user.User!));
            page.ShouldAllBe(user =>
                user.GetProperty("firstSeen").GetDateTimeOffset() <= user.GetProperty("lastSeen").GetDateTimeOffset()
            );
            after = answer.Json.TryGetProperty("next", out var next) ? next.GetString()! : "";
        } while (after.StartsWith(userId, StringComparison.Ordinal));

        found
            .Where(name => name.StartsWith(userId, StringComparison.Ordinal))
            .ShouldBe(names.Select(name => userId + name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Anonymous_users_are_known_and_never_listed()
    {
        await using var listener = await Listener.StartAsync(cluster.Api);
        await cluster.Api.SeesAsync(listener.Session, listener.Session.UserId, "listening");

        var answer = await cluster.Api.GetAsync("/users?limit=1&after=anonymous", listener.Session);

        answer
            .Json.GetProperty("users")
            .EnumerateArray()
            .Select(user => user.User)
            .ShouldAllBe(user => !user!.StartsWith("anonymous.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Anonymous_users_are_forgotten_when_they_have_been_away_for_long_enough()
    {
        var gone = await cluster.Api.ComeAndGoAsync();
        await using var listening = await Listener.StartAsync(cluster.Api);
        await cluster.Api.SeesAsync(listening.Session, listening.Session.UserId, "listening");
        await using var database = await cluster.Database.OpenConnectionAsync(Token);
        await cluster.Api.ComeAndGoAsync(userId);
        await Eventually.HoldsAsync(async () => (await cluster.RowsOfAsync(gone.UserId)).ShouldBe(0));
        var users = new[] { gone.UserId, listening.Session.UserId, userId };
        await database.ExecuteAsync(
            "UPDATE users SET first_seen = now() - '25 h'::interval, last_seen = now() - '25 h'::interval WHERE user_id = ANY(@users)",
            new { users }
        );

        await new UserStore(cluster.Database).ForgetAnonymousAsync(TimeSpan.FromDays(1));

        (
            await database.QueryAsync<string>("SELECT user_id FROM users WHERE user_id = ANY(@users)", new { users })
        ).ShouldBe([listening.Session.UserId, userId], ignoreOrder: true);
    }

    [Fact]
    public async Task The_views_say_the_same_to_SQL()
    {
        await using var phone = await Listener.StartAsync(cluster.Api, userId, "phone");
        var away = await cluster.Api.ComeAndGoAsync($"{userId}-away");
        await cluster.Api.SeesAsync(phone.Session, away.UserId, "away");
        await cluster.Api.SeesAsync(phone.Session, userId, "listening");

        await using var database = await cluster.Database.OpenConnectionAsync(Token);
        (
            await database.QueryAsync<(string, string)>(
                "SELECT user_id, state FROM presence WHERE starts_with(user_id, @userId) ORDER BY 1",
                new { userId }
            )
        ).ShouldBe([(userId, "listening"), ($"{userId}-away", "away")]);
        (
            await database.QueryAsync<(string, string)>(
                "SELECT device, state FROM presence_devices WHERE user_id = @userId",
                new { userId }
            )
        ).ShouldBe([("phone", "listening")]);
    }

    [Theory]
    [InlineData("/users?limit=0", "invalid-member")]
    [InlineData("/users?limit=101", "invalid-member")]
    [InlineData("/users?limit=x", "invalid-member")]
    [InlineData("/users?after=a%20b", "invalid-user-id")]
    [InlineData("/presence", "invalid-member")]
    [InlineData("/presence?users=", "invalid-member")]
    [InlineData("/presence/a%20b", "invalid-user-id")]
    public async Task What_is_wrong_is_refused(string path, string code)
    {
        var viewer = await cluster.Api.ConnectAsync();

        var answer = await cluster.Api.GetAsync(path, viewer);

        answer.Status.ShouldBe(HttpStatusCode.BadRequest, answer.Body);
        answer.Code.ShouldBe(code);
    }

    [Fact]
    public async Task A_hundred_users_may_be_asked_for_and_no_more()
    {
        var viewer = await cluster.Api.ConnectAsync();
        var hundred = string.Join(',', Enumerable.Range(0, 100).Select(number => $"u{number}"));

        (await cluster.Api.GetAsync($"/presence?users={hundred}", viewer))
            .Json.GetProperty("presence")
            .GetArrayLength()
            .ShouldBe(100);
        (await cluster.Api.GetAsync($"/presence?users={hundred},more", viewer)).Code.ShouldBe("invalid-member");
    }

    [Theory]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("...")]
    [InlineData("subscriptions")]
    [InlineData("~")]
    [InlineData("a+b:c@d-e_f")]
    public async Task Any_valid_user_id_can_be_asked_for(string id)
    {
        await using var listener = await Listener.StartAsync(cluster.Api, id);
        await using var viewer = await Listener.StartAsync(cluster.Api);

        await Eventually.HoldsAsync(async () =>
        {
            var asked = await cluster.Api.PostAsync(
                "/presence",
                new { users = new[] { id } },
                viewer.Session.Authorization
            );
            asked.Status.ShouldBe(HttpStatusCode.OK, asked.Body);
            var presence = asked.Json.GetProperty("presence").EnumerateArray().ShouldHaveSingleItem();
            (presence.User, presence.State).ShouldBe((id, "listening"));
        });
        (await cluster.Api.SubscribeAsync(viewer.Session, id)).ShouldHaveSingleItem().User.ShouldBe(id);
    }

    [Fact]
    public async Task An_invalid_id_is_reported_as_invalid_and_the_others_as_usual()
    {
        var viewer = await cluster.Api.ConnectAsync();
        string[] users = ["a b", userId, "", "\u0000", "<script>", new('x', 256)];
        string?[] states = ["invalid", "away", "invalid", "invalid", "invalid", "invalid"];

        var posted = await cluster.Api.PostAsync("/presence", new { users }, viewer.Authorization);
        var got = await cluster.Api.GetAsync($"/presence?users=a%20b,{userId},%00", viewer);
        var subscribed = await cluster.Api.SubscribeAsync(viewer, users);

        var presence = posted.Json.GetProperty("presence").EnumerateArray().ToList();
        presence.Select(one => one.User).ShouldBe(users);
        presence.Select(one => one.State).ShouldBe(states);
        got.Json.GetProperty("presence")
            .EnumerateArray()
            .Select(one => one.State)
            .ShouldBe(["invalid", "away", "invalid"]);
        subscribed.Select(one => one.User).ShouldBe(users);
        subscribed.Select(one => one.State).ShouldBe(states);
        (await cluster.Api.GetAsync("/presence/subscriptions", viewer))
            .Json.GetProperty("users")
            .EnumerateArray()
            .Select(user => user.GetString())
            .ShouldBe([userId]);
    }

    [Fact]
    public async Task A_hundred_of_the_longest_ids_may_be_asked_for()
    {
        var viewer = await cluster.Api.ConnectAsync();
        string[] hundred = [.. Enumerable.Range(0, 100).Select(number => $"{number}-".PadRight(128, '~'))];

        var asked = await cluster.Api.PostAsync("/presence", new { users = hundred }, viewer.Authorization);

        asked.Json.GetProperty("presence").EnumerateArray().Select(one => one.User).ShouldBe(hundred);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"users":[]}""")]
    [InlineData("""{"users":[null]}""")]
    public async Task An_empty_list_is_refused_and_so_is_null(string body)
    {
        var viewer = await cluster.Api.ConnectAsync();

        var answer = await cluster.Api.SendAsync(
            new HttpRequestMessage(HttpMethod.Post, "/presence")
            {
                Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json"),
            },
            viewer.Authorization
        );

        answer.Status.ShouldBe(HttpStatusCode.BadRequest, answer.Body);
        answer.Code.ShouldBe("invalid-member");
    }

    [Theory]
    [InlineData("/users")]
    [InlineData("/presence?users=a")]
    [InlineData("/presence/a")]
    [InlineData("/presence/subscriptions")]
    public async Task Nobody_sees_anything_without_a_credential(string path)
    {
        var session = await cluster.Api.ConnectAsync();

        (await cluster.Api.GetAsync(path)).Code.ShouldBe("unauthorized");
        (await cluster.Api.GetAsync(path, session with { Passcode = "wrong" })).Code.ShouldBe("unauthorized");
    }
}
