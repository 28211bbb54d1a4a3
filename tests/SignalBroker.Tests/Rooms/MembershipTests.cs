using System.Net;
using SignalBroker.Identity;
using SignalBroker.Rooms;
using SignalBroker.Sessions;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Rooms;

/// <summary>What rooms promise about who gets in and out, and who hears of it.</summary>
public sealed class MembershipTests(TestCluster cluster)
{
    private Api Api => cluster.Api;

    [Fact]
    public async Task A_room_is_created_joined_left_and_closed()
    {
        var owner = await Api.ConnectAsync();
        var guest = await Api.ConnectAsync();

        var made = await Api.CreateRoomAsync(
            owner,
            new
            {
                name = "Kitchen",
                open = true,
                maxMembers = 3,
                alias = "cook",
            }
        );
        var room = made.Text("room")!;
        made.Text("kind").ShouldBe("broadcast");
        made.Text("owner").ShouldBe(made.Text("me"));
        made.Text("joinCode").ShouldBeNull();
        var member = await cluster.ApiOf(1).JoinRoomAsync(guest, room, new { alias = "eater" });

        var shown = (await Api.RoomsAsync(HttpMethod.Get, $"/{room}", guest)).Json;
        shown.GetProperty("members").GetInt32().ShouldBe(2);
        shown.GetProperty("maxMembers").GetInt32().ShouldBe(3);
        shown.Text("name").ShouldBe("Kitchen");
        shown.Text("me").ShouldBe(member);
        var members = await Api.MembersAsync(owner, room);
        members.Select(entry => entry.Text("userId")).ShouldBe([owner.UserId, guest.UserId]);
        members.Select(entry => entry.Text("alias")).ShouldBe(["cook", "eater"]);
        members.Select(entry => entry.GetProperty("owner").GetBoolean()).ShouldBe([true, false]);
        (await ListAsync(guest)).ShouldBe([room]);
        (await Api.RoomsAsync(HttpMethod.Get, "", guest)).Body.ShouldBe($"[{shown}]");

        (await Api.RoomsAsync(HttpMethod.Post, $"/{room}/leave", guest)).Status.ShouldBe(HttpStatusCode.NoContent);
        (await Api.RoomsAsync(HttpMethod.Post, $"/{room}/leave", guest)).Status.ShouldBe(HttpStatusCode.NoContent);
        (await ListAsync(guest)).ShouldBeEmpty();
        (await Api.MembersAsync(owner, room)).Count.ShouldBe(1);
        (await Api.RoomsAsync(HttpMethod.Delete, $"/{room}", guest)).Code.ShouldBe("not-the-owner");
        (await Api.RoomsAsync(HttpMethod.Delete, $"/{room}", owner)).Status.ShouldBe(HttpStatusCode.NoContent);
        (await Api.RoomsAsync(HttpMethod.Get, $"/{room}", owner)).Code.ShouldBe("room-not-found");
    }

    [Fact]
    public async Task A_closed_room_admits_users_with_its_code()
    {
        var owner = await Api.ConnectAsync();
        var guest = await Api.ConnectAsync();
        var made = await Api.CreateRoomAsync(owner, new { });
        var (room, code) = (made.Text("room")!, made.Text("joinCode")!);

        (await JoinAsync(guest, room, new { })).Code.ShouldBe("join-code-wrong");
        (await JoinAsync(guest, room, new { joinCode = "2222222222" })).Code.ShouldBe("join-code-wrong");
        (await Api.RoomsAsync(HttpMethod.Get, $"/{room}", guest)).Code.ShouldBe("not-a-member");
        (await Api.RoomsAsync(HttpMethod.Get, $"/{room}/members", guest)).Code.ShouldBe("not-a-member");
        (await JoinAsync(guest, room, new { joinCode = code.ToLowerInvariant() })).Status.ShouldBe(HttpStatusCode.OK);
        // Only whoever makes it is told its code.
        (await Api.RoomsAsync(HttpMethod.Get, $"/{room}", owner))
            .Json.Text("joinCode")
            .ShouldBeNull();
        await Eventually.HoldsAsync(async () =>
            (await cluster.StrangeAsync("bruteForce")).Select(row => row.ListeningKey).ShouldContain(guest.ListeningKey)
        );
    }

    [Fact]
    public async Task A_member_who_joins_again_stays_the_same_and_one_who_left_comes_back_as_another()
    {
        var owner = await Api.ConnectAsync();
        var room = (await Api.CreateRoomAsync(owner)).Text("room")!;
        var phone = await Api.ConnectAsync(device: "phone");
        var laptop = await Api.ConnectAsync(phone.UserId, "laptop");

        var first = await Api.JoinRoomAsync(phone, room, new { alias = "Ann" });
        var second = await Api.JoinRoomAsync(laptop, room, new { alias = "Bob", anonymous = true });

        second.ShouldBe(first);
        (await Api.MembersAsync(owner, room))[1].Text("alias").ShouldBe("Ann");
        await Api.RoomsAsync(HttpMethod.Post, $"/{room}/leave", laptop);
        (await Api.JoinRoomAsync(phone, room)).ShouldNotBe(first);
    }

    [Fact]
    public async Task A_full_room_admits_nobody_even_if_all_join_at_once()
    {
        var owner = await Api.ConnectAsync();
        var room = (await Api.CreateRoomAsync(owner, new { open = true, maxMembers = 5 })).Text("room")!;
        var guests = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Api.ConnectAsync()));

        var answers = await Task.WhenAll(
            guests.Select(
                (guest, number) =>
                    cluster.ApiOf(number % 2).RoomsAsync(HttpMethod.Post, $"/{room}/join", guest, new { })
            )
        );

        answers.Count(answer => answer.Status == HttpStatusCode.OK).ShouldBe(4);
        answers.Where(answer => answer.Status != HttpStatusCode.OK).ShouldAllBe(answer => answer.Code == "room-full");
        (await Api.MembersAsync(owner, room)).Count.ShouldBe(5);
    }

    [Fact]
    public async Task Two_members_can_not_have_the_same_alias()
    {
        var owner = await Api.ConnectAsync("owner-" + Guid.NewGuid());
        var guest = await Api.ConnectAsync();
        var hidden = await Api.ConnectAsync("hidden-" + Guid.NewGuid());
        var room = (await Api.CreateRoomAsync(owner, new { open = true, alias = "Fox" })).Text("room")!;
        await Api.JoinRoomAsync(hidden, room, new { anonymous = true, alias = "Owl" });

        (await JoinAsync(guest, room, new { alias = "fox" })).Code.ShouldBe("alias-taken");
        (await JoinAsync(guest, room, new { alias = owner.UserId })).Code.ShouldBe("alias-taken");
        // A refusal would tell that this user is the anonymous member.
        (await JoinAsync(guest, room, new { alias = hidden.UserId })).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Members_hear_who_joins_and_leaves_and_versions_have_no_gap()
    {
        await using var owner = await Listener.StartAsync(Api);
        await using var guest = await Listener.StartAsync(cluster.ApiOf(1));
        await using var late = await Listener.StartAsync(Api);
        var made = await Api.CreateRoomAsync(owner.Session);
        var room = made.Text("room")!;
        var version = made.GetProperty("version").GetInt64();

        var member = await cluster.ApiOf(1).JoinRoomAsync(guest.Session, room, new { alias = "Gus" });
        var joined = await owner.ReceiveRoomEventAsync("joined");
        joined.Text("room").ShouldBe(room);
        joined.GetProperty("version").GetInt64().ShouldBe(version + 1);
        joined.GetProperty("member").Text("member").ShouldBe(member);
        joined.GetProperty("member").Text("alias").ShouldBe("Gus");
        joined.GetProperty("member").Text("userId").ShouldBe(guest.Session.UserId);

        await Api.JoinRoomAsync(late.Session, room);
        (await owner.ReceiveRoomEventAsync("joined")).GetProperty("version").GetInt64().ShouldBe(version + 2);
        await guest.ReceiveRoomEventAsync("joined");

        await Api.RoomsAsync(HttpMethod.Post, $"/{room}/leave", owner.Session);
        foreach (var listener in (Listener[])[guest, late])
        {
            var left = await listener.ReceiveRoomEventAsync("left");
            left.GetProperty("version").GetInt64().ShouldBe(version + 3);
            left.GetProperty("member").Text("member").ShouldBe(made.Text("me"));
            // Who has been there for longest inherits the room.
            left.Text("owner").ShouldBe(member);
        }

        await Api.RoomsAsync(HttpMethod.Delete, $"/{room}", guest.Session);
        (await late.ReceiveRoomEventAsync("closed")).Text("room").ShouldBe(room);
        await Api.ExchangeAsync(late.Session, new { to = guest.Session.UserId, content = "after" });
        (await guest.ReceiveAsync()).Text("content").ShouldBe("after");
    }

    [Fact]
    public async Task A_removed_member_is_told()
    {
        await using var owner = await Listener.StartAsync(Api);
        await using var guest = await Listener.StartAsync(Api);
        var room = (await Api.CreateRoomAsync(owner.Session)).Text("room")!;
        var member = await Api.JoinRoomAsync(guest.Session, room);
        await owner.ReceiveRoomEventAsync("joined");
        var ownerMember = (await Api.MembersAsync(guest.Session, room))[0].Text("member");

        (await Api.RoomsAsync(HttpMethod.Delete, $"/{room}/members/{ownerMember}", guest.Session)).Code.ShouldBe(
            "not-the-owner"
        );
        (await Api.RoomsAsync(HttpMethod.Delete, $"/{room}/members/{member}", owner.Session)).Status.ShouldBe(
            HttpStatusCode.NoContent
        );

        (await guest.ReceiveRoomEventAsync("removed")).GetProperty("member").Text("member").ShouldBe(member);
        (await Api.RoomsAsync(HttpMethod.Get, $"/{room}/members", guest.Session)).Code.ShouldBe("not-a-member");
    }

    [Fact]
    public async Task A_change_meant_for_a_former_member_does_not_affect_the_users_new_membership()
    {
        var (owner, guest) = (await Api.ConnectAsync(), await Api.ConnectAsync());
        var store = new MembershipStore(cluster.Database);
        var rosters = new RoomStore(cluster.Database);
        var room = (await Api.CreateRoomAsync(owner)).Text("room")!;
        await Api.JoinRoomAsync(guest, room);
        var before = (await rosters.FindAsync([room]))[room].FindUser(guest.UserId)!;

        await Api.RoomsAsync(HttpMethod.Post, $"/{room}/leave", guest);
        var member = await Api.JoinRoomAsync(guest, room, new { anonymous = true });

        (await store.RevealAsync(room, before)).ShouldBeNull();
        (await store.LeaveAsync(room, before)).ShouldBeNull();
        var after = (await Api.MembersAsync(owner, room))[1];
        after.Text("member").ShouldBe(member);
        after.GetProperty("anonymous").GetBoolean().ShouldBeTrue();
    }

    [Fact]
    public async Task A_room_is_closed_when_its_host_leaves()
    {
        await using var host = await Listener.StartAsync(Api);
        await using var player = await Listener.StartAsync(Api);
        var room = (await Api.CreateRoomAsync(host.Session, new { open = true, kind = "host" })).Text("room")!;
        await Api.JoinRoomAsync(player.Session, room);

        await Api.RoomsAsync(HttpMethod.Post, $"/{room}/leave", host.Session);

        await player.ReceiveRoomEventAsync("closed");
        (await Api.RoomsAsync(HttpMethod.Get, $"/{room}", player.Session)).Code.ShouldBe("room-not-found");
    }

    [Theory]
    [InlineData("""{"kind":"cinema"}""", "invalid-member")]
    [InlineData("""{"maxMembers":0}""", "invalid-member")]
    [InlineData("""{"maxMembers":1000000}""", "invalid-member")]
    [InlineData("""{"name":""}""", "invalid-member")]
    [InlineData("""{"alias":"a\u0000b"}""", "invalid-member")]
    [InlineData("""{"open":"yes"}""", "invalid-member")]
    [InlineData("""[]""", "malformed-body")]
    [InlineData("""{""", "malformed-body")]
    public async Task An_invalid_request_is_refused(string body, string code)
    {
        var owner = await Api.ConnectAsync();

        var answer = await Api.SendAsync(
            new HttpRequestMessage(HttpMethod.Post, "/rooms")
            {
                Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json"),
            },
            owner.Authorization
        );

        answer.Status.ShouldBe(HttpStatusCode.BadRequest);
        answer.Code.ShouldBe(code);
    }

    [Fact]
    public async Task Nothing_is_answered_without_a_credential()
    {
        (await Api.PostAsync("/rooms", new { })).Status.ShouldBe(HttpStatusCode.Unauthorized);
        (await Api.GetAsync("/rooms")).Status.ShouldBe(HttpStatusCode.Unauthorized);
        (await Api.GetAsync("/rooms/r.AAAAAAAAAAAAAAAAAAAAAA/members")).Status.ShouldBe(HttpStatusCode.Unauthorized);
    }

    private async Task<IReadOnlyList<string?>> ListAsync(ConnectedSession session) =>
        [
            .. (await Api.RoomsAsync(HttpMethod.Get, "", session))
                .Json.EnumerateArray()
                .Select(room => room.Text("room")),
        ];

    private Task<Answer> JoinAsync(ConnectedSession session, string room, object body) =>
        Api.RoomsAsync(HttpMethod.Post, $"/{room}/join", session, body);
}
