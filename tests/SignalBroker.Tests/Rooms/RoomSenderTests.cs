using System.Net;
using System.Text;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Rooms;

/// <summary>Who may send to a room, how, and what the sender is told.</summary>
public sealed class RoomSenderTests(TestCluster cluster)
{
    private Api Api => cluster.Api;

    [Fact]
    public async Task Only_members_may_send_and_former_members_receive_nothing()
    {
        await using var alice = await Listener.StartAsync(Api);
        await using var bob = await Listener.StartAsync(Api);
        var room = (await Api.CreateRoomAsync(alice.Session)).Text("room")!;
        var toRoom = new { toRoom = room, content = 1 };

        (await Api.ExchangeAsync(bob.Session, toRoom)).Code.ShouldBe("not-a-member");
        await cluster.ApiOf(1).JoinRoomAsync(bob.Session, room);
        (await Api.ExchangeAsync(bob.Session, toRoom)).Status.ShouldBe(HttpStatusCode.OK);
        await Eventually.HoldsAsync(async () =>
        {
            var answer = await Api.ExchangeAsync(alice.Session, toRoom);
            answer.Json.GetProperty("listening").GetInt32().ShouldBe(1);
        });
        await bob.ReceiveSignalAsync();

        await cluster.ApiOf(1).RoomsAsync(HttpMethod.Post, $"/{room}/leave", bob.Session);
        await Eventually.HoldsAsync(async () =>
        {
            var answer = await Api.ExchangeAsync(alice.Session, toRoom);
            answer.Json.GetProperty("members").GetInt32().ShouldBe(0);
        });
        (await Api.ExchangeAsync(bob.Session, toRoom)).Code.ShouldBe("not-a-member");
        await Api.RoomsAsync(HttpMethod.Delete, $"/{room}", alice.Session);
        await Eventually.HoldsAsync(async () =>
        {
            var answer = await cluster.ApiOf(1).ExchangeAsync(alice.Session, toRoom);
            answer.Status.ShouldBe(HttpStatusCode.NotFound);
            answer.Code.ShouldBe("room-not-found");
        });
    }

    [Theory]
    [InlineData("""{"toRoom":"r.","content":1}""", "invalid-member")]
    [InlineData("""{"toRoom":"kitchen","content":1}""", "invalid-member")]
    [InlineData("""{"toRoom":"r.AAAAAAAAAAAAAAAAAAAAAA","to":"bob","content":1}""", "addressee-invalid")]
    [InlineData("""{"toMember":"m.AAAAAAAAAAAAAAAAAAAAAA","to":"bob","content":1}""", "invalid-member")]
    [InlineData("""{"toRoom":"r.AAAAAAAAAAAAAAAAAAAAAA","content":1}""", "room-not-found")]
    public async Task A_wrong_address_is_refused(string body, string code)
    {
        var sender = await Api.ConnectAsync();

        var answer = await Api.SendAsync(
            new HttpRequestMessage(HttpMethod.Post, "/exchange")
            {
                Content = new StringContent(body, Encoding.UTF8, "application/json"),
            },
            sender.Authorization
        );

        answer.Code.ShouldBe(code);
    }

    [Fact]
    public async Task A_signal_sent_through_the_socket_reaches_the_room_and_is_answered()
    {
        await using var alice = await Listener.StartAsync(Api);
        await using var bob = await Listener.StartAsync(Api);
        var room = (await Api.CreateRoomAsync(alice.Session)).Text("room")!;
        await Api.JoinRoomAsync(room, bob.Session);

        await bob.SendAsync(
            new
            {
                id = "1",
                toRoom = room,
                content = "hi",
            }
        );

        (await alice.ReceiveSignalAsync()).Text("content").ShouldBe("hi");
        var outcome = await bob.ReceiveAsync();
        outcome.Text("type").ShouldBe("outcome", outcome.ToString());
        outcome.GetProperty("content").GetProperty("listening").GetInt32().ShouldBe(1);
        await bob.SendAsync(
            new
            {
                id = "2",
                toRoom = "r.AAAAAAAAAAAAAAAAAAAAAA",
                content = "hi",
            }
        );
        (await bob.ReceiveAsync()).GetProperty("content").Text("code").ShouldBe("room-not-found");
    }

    [Fact]
    public async Task A_member_with_a_full_queue_does_not_affect_the_others()
    {
        await using var sender = await Listener.StartAsync(Api);
        await using var reader = await Listener.StartAsync(Api);
        // It takes one signal and settles none: the rest waits in its queue, up to the policy's bound.
        while (true)
        {
            var session = await Api.ConnectAsync();
            if (session.ListeningAddress != reader.Session.ListeningAddress)
            {
                continue;
            }

            await using var stopped = await StompSocket.OpenAsync(session.ListeningAddress);
            await stopped.ConnectAsync(session.ListeningKey, session.Passcode);
            await stopped.ExpectAsync("CONNECTED");
            await stopped.SendAsync(
                "SUBSCRIBE",
                [
                    ("id", "0"),
                    ("destination", $"/queue/{session.ListeningKey}"),
                    ("ack", "client-individual"),
                    ("prefetch-count", "1"),
                    ("exclusive", "true"),
                    ("auto-delete", "true"),
                    ("durable", "false"),
                    ("receipt", "0"),
                ]
            );
            await stopped.ExpectAsync("RECEIPT");
            var room = (await Api.CreateRoomAsync(sender.Session)).Text("room")!;
            await Api.JoinRoomAsync(room, reader.Session, session);
            await FillAsync(sender, session);

            var answer = await Api.ExchangeAsync(sender.Session, new { toRoom = room, content = "for all" });

            answer.NodeOutcomes.ShouldBe(["partly"]);
            answer.NodeMembers.ShouldBe([2]);
            (await reader.ReceiveSignalAsync()).Text("content").ShouldBe("for all");
            // A queue keeps the order: a second copy would arrive before this.
            await Api.ExchangeAsync(reader.Session, new { toSession = reader.Key, content = "the end" });
            (await reader.ReceiveSignalAsync()).Text("content").ShouldBe("the end");
            return;
        }
    }

    private async Task FillAsync(Listener sender, ConnectedSession session)
    {
        for (var sent = 0; sent < 2_000; sent += 50)
        {
            var answers = await Task.WhenAll(
                Enumerable
                    .Range(0, 50)
                    .Select(_ =>
                        Api.ExchangeAsync(sender.Session, new { toSession = session.ListeningKey, content = 1 })
                    )
            );
            if (answers.Any(answer => answer.Outcomes[0].Outcome == "overloaded"))
            {
                return;
            }
        }

        Assert.Fail("the queue took all of it");
    }
}
