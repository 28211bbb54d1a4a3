using System.Net;
using SignalBroker.LocalCluster;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Rooms;

/// <summary>A webapp that allows very little in rooms, and forgets anonymous users quickly.</summary>
public sealed class RoomLimitTests(TestCluster cluster) : IAsyncLifetime
{
    private Webapp webapp = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private Api Api => new(webapp.PublicAddress);

    public async ValueTask InitializeAsync()
    {
        webapp = await cluster.Servers.AddWebappAsync(
            [
                new("Rooms:CopiesPerSecondOfSession", "50"),
                new("Rooms:ChangesPerSecondOfUser", "100000"),
                new("Rooms:StoredBytesPerSecondOfSession", "65536"),
                new("Rooms:MaxPerUser", "3"),
                new("RateLimits:SignalBytesPerSecondOfSession", "134217728"),
                new("Users:SweepInterval", "00:00:00.2"),
            ],
            Token
        );
        await cluster.AllNodesReadyAsync();
    }

    public async ValueTask DisposeAsync() => await webapp.StopAsync(CancellationToken.None);

    [Fact]
    public async Task Repeated_joins_are_slowed_down_but_leaving_is_always_possible()
    {
        var (owner, guest) = (await cluster.Api.ConnectAsync(), await cluster.Api.ConnectAsync());
        var room = (await cluster.Api.CreateRoomAsync(owner)).Text("room")!;
        foreach (var _ in Enumerable.Range(0, 49))
        {
            await cluster.Api.JoinRoomAsync(await cluster.Api.ConnectAsync(), room);
        }

        var left = new List<HttpStatusCode>();

        await Eventually.HoldsAsync(async () =>
        {
            var join = await Api.RoomsAsync(HttpMethod.Post, $"/{room}/join", guest, new { });
            if (join.Status == HttpStatusCode.OK)
            {
                left.Add((await Api.RoomsAsync(HttpMethod.Post, $"/{room}/leave", guest)).Status);
            }

            join.Status.ShouldBe(HttpStatusCode.TooManyRequests, join.Body);
            join.Headers.RetryAfter.ShouldNotBeNull();
        });

        left.ShouldAllBe(status => status == HttpStatusCode.NoContent);
        (await cluster.Api.MembersAsync(owner, room)).Count.ShouldBe(50);
    }

    [Fact]
    public async Task A_member_may_join_again_as_often_as_it_likes()
    {
        var (owner, guest) = (await cluster.Api.ConnectAsync(), await cluster.Api.ConnectAsync());
        var room = (await cluster.Api.CreateRoomAsync(owner)).Text("room")!;
        await Api.JoinRoomAsync(guest, room);

        for (var time = 0; time < 10; time++)
        {
            await Api.JoinRoomAsync(guest, room);
        }
    }

    [Fact]
    public async Task A_user_who_creates_rooms_all_at_once_gets_no_more_than_allowed()
    {
        var owner = await cluster.Api.ConnectAsync();

        var answers = await Task.WhenAll(
            Enumerable.Range(0, 20).Select(_ => Api.RoomsAsync(HttpMethod.Post, "", owner, new { open = true }))
        );

        answers.Count(answer => answer.Status == HttpStatusCode.Created).ShouldBe(3);
        answers
            .Where(answer => answer.Status != HttpStatusCode.Created)
            .ShouldAllBe(answer => answer.Code == "too-many-rooms");
    }

    [Fact]
    public async Task A_stored_signal_counts_once_for_each_member()
    {
        var owner = await cluster.Api.ConnectAsync();
        var room = (await cluster.Api.CreateRoomAsync(owner)).Text("room")!;
        foreach (var _ in Enumerable.Range(0, 4))
        {
            await cluster.Api.JoinRoomAsync(await cluster.Api.ConnectAsync(), room);
        }

        var answers = new List<Answer>();
        while (answers.Count < 10 && answers.All(answer => answer.Status == HttpStatusCode.OK))
        {
            answers.Add(
                await Api.ExchangeAsync(
                    owner,
                    new
                    {
                        toRoom = room,
                        store = "always",
                        content = new string('x', 60_000),
                    }
                )
            );
        }

        answers[^1].Status.ShouldBe(HttpStatusCode.TooManyRequests);
        answers[^1].Headers.RetryAfter.ShouldNotBeNull();
    }

    [Fact]
    public async Task Forgotten_anonymous_users_leave_their_rooms_and_the_others_hear_of_it()
    {
        await using var owner = await Listener.StartAsync(cluster.Api);
        var gone = await cluster.Api.ConnectAsync();
        var room = (await cluster.Api.CreateRoomAsync(owner.Session)).Text("room")!;
        var member = await cluster.Api.JoinRoomAsync(gone, room);
        await owner.ReceiveRoomEventAsync("joined");
        await cluster.Api.DisconnectAsync(gone);
        await Eventually.HoldsAsync(async () => (await cluster.RowsOfAsync(gone.UserId)).ShouldBe(0));

        await using var change = cluster.Database.CreateCommand(
            "UPDATE users SET first_seen = now() - interval '25 h', last_seen = now() - interval '25 h' WHERE user_id = $1"
        );
        change.Parameters.AddWithValue(gone.UserId);
        await change.ExecuteNonQueryAsync(Token);

        var left = await owner.ReceiveRoomEventAsync("left");
        left.GetProperty("member").Text("member").ShouldBe(member);
        left.GetProperty("version").GetInt64().ShouldBe(3);
        (await cluster.Api.MembersAsync(owner.Session, room)).Count.ShouldBe(1);
        await Eventually.HoldsAsync(async () =>
        {
            await using var look = cluster.Database.CreateCommand("SELECT count(*) FROM users WHERE user_id = $1");
            look.Parameters.AddWithValue(gone.UserId);
            (await look.ExecuteScalarAsync(Token)).ShouldBe(0L);
        });
    }
}
