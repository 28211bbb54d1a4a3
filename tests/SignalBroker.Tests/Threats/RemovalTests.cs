using System.Net;
using Dapper;
using SignalBroker.Identity;
using SignalBroker.Rooms;
using SignalBroker.Tests.Harness;
using SignalBroker.Tests.Rooms;

namespace SignalBroker.Tests.Threats;

/// <summary>Whoever was removed from a room comes back.</summary>
public sealed class RemovalTests(TestCluster cluster)
{
    private Api Api => cluster.Api;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_removed_user_can_t_join_again_by_any_session_name_or_webapp(bool open)
    {
        var (owner, guest, other) = (await Api.ConnectAsync(), await Api.ConnectAsync(), await Api.ConnectAsync());
        var tablet = await Api.ConnectAsync(guest.UserId, "tablet");
        var (room, code) = await MakeAsync(owner, open);
        await RemoveAsync(owner, room, await Api.JoinRoomAsync(guest, room, new { joinCode = code }));

        foreach (var session in (ConnectedSession[])[guest, tablet])
        {
            (await JoinAsync(Api, session, room, new { joinCode = code })).Code.ShouldBe("removed-from-room");
            (await JoinAsync(cluster.ApiOf(1), session, room, new { joinCode = code, anonymous = true })).Code.ShouldBe(
                "removed-from-room"
            );
        }

        (await Api.ExchangeAsync(guest, new { toRoom = room, content = 1 })).Code.ShouldBe("not-a-member");
        (await Api.MembersAsync(owner, room)).Count.ShouldBe(1);
        // It is no attempt to guess the code.
        (await cluster.StrangeAsync("bruteForce")).ShouldAllBe(row => row.ListeningKey != guest.ListeningKey);
        await Api.JoinRoomAsync(other, room, new { joinCode = code });
        // Another room is another room.
        var (second, codeOfSecond) = await MakeAsync(owner, open);
        await Api.JoinRoomAsync(guest, second, new { joinCode = codeOfSecond });
    }

    [Fact]
    public async Task An_anonymous_member_is_kept_out_under_its_name_too_once_it_is_removed()
    {
        var (owner, guest) = (await Api.ConnectAsync(), await Api.ConnectAsync());
        var (room, code) = await MakeAsync(owner, open: false);
        var fox = await Api.JoinRoomAsync(
            guest,
            room,
            new
            {
                joinCode = code,
                anonymous = true,
                alias = "Fox",
            }
        );

        await RemoveAsync(owner, room, fox);

        (await JoinAsync(Api, guest, room, new { joinCode = code })).Code.ShouldBe("removed-from-room");
    }

    [Fact]
    public async Task A_removal_that_comes_while_the_member_joins_again_and_again_holds_in_the_end()
    {
        var (owner, guest) = (await Api.ConnectAsync(), await Api.ConnectAsync());
        var (room, _) = await MakeAsync(owner, open: true);
        var member = await Api.JoinRoomAsync(guest, room);

        var joining = Task.WhenAll(
            Enumerable.Range(0, 8).Select(number => JoinAsync(cluster.ApiOf(number % 2), guest, room, new { }))
        );
        await RemoveAsync(owner, room, member);
        await joining;

        (await JoinAsync(Api, guest, room, new { })).Code.ShouldBe("removed-from-room");
        (await Api.MembersAsync(owner, room)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_removal_ends_when_its_time_is_over_and_somebody_who_leaves_ends_no_other()
    {
        var (owner, guest, other) = (await Api.ConnectAsync(), await Api.ConnectAsync(), await Api.ConnectAsync());
        var (room, _) = await MakeAsync(owner, open: true);
        await RemoveAsync(owner, room, await Api.JoinRoomAsync(guest, room));
        await Api.JoinRoomAsync(other, room);
        await using var database = await cluster.Database.OpenConnectionAsync(Token);
        await AgeAsync("left_at = left_at - interval '1 minute'");

        await Api.RoomsAsync(HttpMethod.Post, $"/{room}/leave", other);
        (await JoinAsync(Api, guest, room, new { })).Code.ShouldBe("removed-from-room");
        await AgeAsync("removed_until = now()");

        await Api.JoinRoomAsync(guest, room);

        Task AgeAsync(string change) =>
            database.ExecuteAsync(
                $"UPDATE room_departures SET {change} WHERE room_id = @room AND user_id = @UserId",
                new { room, guest.UserId }
            );
    }

    [Fact]
    public async Task A_room_remembers_a_thousand_removals()
    {
        var (owner, guest) = (await Api.ConnectAsync(), await Api.ConnectAsync());
        var (room, _) = await MakeAsync(owner, open: true);
        await using var database = await cluster.Database.OpenConnectionAsync(Token);
        await database.ExecuteAsync(
            """
            INSERT INTO room_departures (room_id, user_id, anonymous, left_at, removed_until)
            SELECT @room, 'made-up-' || number, false, now() - interval '1 hour', now() + number * interval '1 second'
            FROM generate_series(1, 1200) AS number
            """,
            new { room }
        );

        await RemoveAsync(owner, room, await Api.JoinRoomAsync(guest, room));
        await Api.JoinRoomAsync(await Api.ConnectAsync("leaver-" + room), room);
        await Api.RoomsAsync(HttpMethod.Post, $"/{room}/leave", await Api.ConnectAsync("leaver-" + room));

        (
            await database.QuerySingleAsync<long>(
                "SELECT count(*) FROM room_departures WHERE room_id = @room AND removed_until IS NOT NULL",
                new { room }
            )
        ).ShouldBe(1000);
        (await JoinAsync(Api, guest, room, new { })).Code.ShouldBe("removed-from-room");
    }

    [Fact]
    public async Task Only_the_owner_takes_a_removal_back()
    {
        var (owner, guest) = (await Api.ConnectAsync(), await Api.ConnectAsync());
        var (room, _) = await MakeAsync(owner, open: true);
        var member = await Api.JoinRoomAsync(guest, room);
        await RemoveAsync(owner, room, member);

        (await ReadmitAsync(guest, member)).Code.ShouldBe("not-the-owner");
        (await ReadmitAsync(owner, guest.UserId)).Code.ShouldBe("member-not-found");
        (await ReadmitAsync(owner, RoomNames.NewMember())).Status.ShouldBe(HttpStatusCode.NoContent);
        (await JoinAsync(Api, guest, room, new { })).Code.ShouldBe("removed-from-room");
        (await ReadmitAsync(owner, member)).Status.ShouldBe(HttpStatusCode.NoContent);

        (await Api.JoinRoomAsync(guest, room)).ShouldNotBe(member);

        Task<Answer> ReadmitAsync(ConnectedSession session, string removed) =>
            Api.RoomsAsync(HttpMethod.Delete, $"/{room}/removals/{removed}", session);
    }

    [Fact]
    public async Task A_renewed_code_lets_in_and_the_one_before_does_not()
    {
        var (owner, guest, other) = (await Api.ConnectAsync(), await Api.ConnectAsync(), await Api.ConnectAsync());
        var (room, code) = await MakeAsync(owner, open: false);
        var member = await Api.JoinRoomAsync(guest, room, new { joinCode = code });

        (await RenewAsync(guest, room)).Code.ShouldBe("not-the-owner");
        var renewed = await RenewAsync(owner, room);

        renewed.Status.ShouldBe(HttpStatusCode.OK, renewed.Body);
        var fresh = renewed.Json.Text("joinCode")!;
        fresh.ShouldNotBe(code);
        renewed.Json.Text("me").ShouldBe(renewed.Json.Text("owner"));
        (await JoinAsync(cluster.ApiOf(1), other, room, new { joinCode = code })).Code.ShouldBe("join-code-wrong");
        await Api.JoinRoomAsync(other, room, new { joinCode = fresh });
        // Who is a member stays one.
        (await Api.MembersAsync(guest, room))
            .Select(entry => entry.Text("member"))
            .ShouldContain(member);
        await RemoveAsync(owner, room, member);
        (await JoinAsync(Api, guest, room, new { joinCode = fresh })).Code.ShouldBe("removed-from-room");
    }

    [Fact]
    public async Task Only_a_room_that_has_a_code_gets_another_and_only_from_its_owner()
    {
        var (owner, guest) = (await Api.ConnectAsync(), await Api.ConnectAsync());
        var (open, _) = await MakeAsync(owner, open: true);

        (await RenewAsync(owner, open)).Code.ShouldBe("room-open");
        (await RenewAsync(guest, open)).Code.ShouldBe("not-the-owner");
        (await RenewAsync(owner, RoomNames.NewRoom())).Code.ShouldBe("room-not-found");
        (await RenewAsync(owner, "r.x")).Code.ShouldBe("room-not-found");
        (await Api.PostAsync($"/rooms/{open}/join-code", new { })).Status.ShouldBe(HttpStatusCode.Unauthorized);
    }

    private async Task<(string Room, string? Code)> MakeAsync(ConnectedSession owner, bool open)
    {
        var made = await Api.CreateRoomAsync(owner, new { open });
        return (made.Text("room")!, made.Text("joinCode"));
    }

    private async Task RemoveAsync(ConnectedSession owner, string room, string member) =>
        (await Api.RoomsAsync(HttpMethod.Delete, $"/{room}/members/{member}", owner)).Status.ShouldBe(
            HttpStatusCode.NoContent
        );

    private Task<Answer> RenewAsync(ConnectedSession session, string room) =>
        Api.RoomsAsync(HttpMethod.Post, $"/{room}/join-code", session);

    private static Task<Answer> JoinAsync(Api api, ConnectedSession session, string room, object body) =>
        api.RoomsAsync(HttpMethod.Post, $"/{room}/join", session, body);
}
