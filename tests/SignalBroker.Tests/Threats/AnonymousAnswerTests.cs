using System.Net;
using SignalBroker.Tests.Harness;
using SignalBroker.Tests.Presence;
using SignalBroker.Tests.Rooms;

namespace SignalBroker.Tests.Threats;

/// <summary>What is answered about anonymous members tells nothing that could be compared with a user's presence.</summary>
public sealed class AnonymousAnswerTests(TestCluster cluster)
{
    private readonly Api api = cluster.Api;

    [Theory]
    [InlineData(null, "accepted")]
    [InlineData("ifOffline", "stored")]
    [InlineData("always", "stored")]
    public async Task It_is_the_same_for_one_who_listens_and_one_who_does_not(string? store, string outcome)
    {
        var alice = await api.ConnectAsync();
        var room = (await api.CreateRoomAsync(alice)).Text("room")!;
        await using var online = await Listener.StartAsync(api);
        var fox = await api.JoinRoomAsync(online.Session, room, new { anonymous = true });
        var owl = await api.JoinRoomAsync(await api.ConnectAsync(), room, new { anonymous = true });

        var answers = new[]
        {
            await SendAsync(alice, room, fox, store),
            await SendAsync(await JoinedAsync(room), room, owl, store),
        };
        answers.Select(answer => answer.Body).Distinct().ShouldHaveSingleItem();
        answers[0].Body.ShouldBe($$"""{"id":"1","room":"{{room}}","members":1,"outcome":"{{outcome}}","nodes":[]}""");

        var toAll = await SendAsync(await JoinedAsync(room), room, member: null, store);
        toAll.Json.TryGetProperty("listening", out _).ShouldBeFalse(toAll.Body);
        toAll.Json.TryGetProperty("stored", out _).ShouldBeFalse(toAll.Body);
        toAll.Json.GetProperty("outcome").GetString().ShouldBe(outcome);
    }

    [Fact]
    public async Task One_who_shows_who_it_is_is_answered_for_as_ever_also_to_one_who_does_not()
    {
        var alice = await api.ConnectAsync();
        var room = (await api.CreateRoomAsync(alice)).Text("room")!;
        var owner = (await api.MembersAsync(alice, room)).Single().Text("member")!;
        var fox = await api.ConnectAsync();
        await api.JoinRoomAsync(fox, room, new { anonymous = true });

        // Only the sender is anonymous here.
        var toRoom = await api.ExchangeAsync(fox, new { toRoom = room, content = 1 });
        toRoom.Json.GetProperty("listening").GetInt32().ShouldBe(0);
        (await SendAsync(fox, room, owner, store: null)).Code.ShouldBe("member-not-listening");
        (await api.ExchangeAsync(alice, new { toRoom = room, content = 1 })).Json.Text("outcome").ShouldBe("accepted");

        await api.RoomsAsync(HttpMethod.Post, $"/{room}/reveal", fox);
        await Eventually.HoldsAsync(async () =>
            (await api.ExchangeAsync(alice, new { toRoom = room, content = 1 }))
                .Json.GetProperty("listening")
                .GetInt32()
                .ShouldBe(0)
        );
    }

    [Fact]
    public async Task What_goes_to_a_room_and_what_then_goes_to_a_user_arrive_in_their_order()
    {
        await using var alice = await Listener.StartAsync(api);
        await using var bob = await Listener.StartAsync(api);
        var room = (await api.CreateRoomAsync(alice.Session)).Text("room")!;
        await api.JoinRoomAsync(bob.Session, room);
        await api.JoinRoomAsync(await api.ConnectAsync(), room, new { anonymous = true });
        var bobsMember = (await api.MembersAsync(alice.Session, room))[1].Text("member")!;
        await alice.ReceiveRoomEventAsync("joined");
        await alice.ReceiveRoomEventAsync("joined");
        await bob.ReceiveRoomEventAsync("joined");

        for (var number = 0; number < 60; number += 3)
        {
            (await api.ExchangeAsync(alice.Session, new { toRoom = room, content = number })).Status.ShouldBe(
                HttpStatusCode.OK
            );
            var toBob = await api.ExchangeAsync(alice.Session, new { to = bob.Session.UserId, content = number + 1 });
            toBob.Outcomes.ShouldBe([(bob.Key, "queued")]);
            await api.ExchangeAsync(
                alice.Session,
                new
                {
                    toRoom = room,
                    toMember = bobsMember,
                    content = number + 2,
                }
            );
        }

        for (var number = 0; number < 60; number++)
        {
            (await bob.ReceiveAsync()).GetProperty("content").GetInt32().ShouldBe(number);
        }
    }

    private async Task<ConnectedSession> JoinedAsync(string room)
    {
        var session = await api.ConnectAsync();
        await api.JoinRoomAsync(session, room);
        return session;
    }

    private Task<Answer> SendAsync(ConnectedSession sender, string room, string? member, string? store) =>
        api.ExchangeAsync(
            sender,
            new Dictionary<string, object?>
            {
                ["id"] = "1",
                ["toRoom"] = room,
                ["toMember"] = member,
                ["store"] = store,
                ["content"] = 1,
            }
        );
}
