using System.Net;
using System.Text.Json;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Rooms;

/// <summary>What rooms promise to senders and receivers.</summary>
public sealed class RoomSignalTests(TestCluster cluster)
{
    private Api Api => cluster.Api;

    [Fact]
    public async Task A_signal_reaches_every_other_member_once_and_the_sender_s_other_devices()
    {
        await using var sender = await Listener.StartAsync(Api);
        await using var otherDevice = await Listener.StartAsync(Api, sender.Session.UserId);
        await using var bob = await Listener.StartAsync(Api);
        await using var bobToo = await Listener.StartAsync(Api, bob.Session.UserId);
        await using var carol = await Listener.StartAsync(Api);
        var away = await Api.ConnectAsync();
        await using var stranger = await Listener.StartAsync(Api);
        var made = await Api.CreateRoomAsync(sender.Session);
        var room = made.Text("room")!;
        await JoinAsync(room, bob.Session, carol.Session, away);

        var answer = await Api.ExchangeAsync(
            sender.Session,
            new
            {
                toRoom = room,
                type = "greeting",
                id = "grüße 1",
                content = new { text = "hello" },
            }
        );

        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        answer.Json.Text("room").ShouldBe(room);
        answer.Json.GetProperty("members").GetInt32().ShouldBe(3);
        answer.Json.GetProperty("listening").GetInt32().ShouldBe(2);
        Outcomes(answer).ShouldAllBe(outcome => outcome == "queued");
        answer.Body.ShouldNotContain("s.");
        foreach (var receiver in (Listener[])[otherDevice, bob, bobToo, carol])
        {
            var envelope = await SignalAsync(receiver);
            envelope.Text("id").ShouldBe("grüße 1");
            envelope.Text("from").ShouldBe(sender.Session.UserId);
            envelope.Text("fromSession").ShouldBe(sender.Key);
            envelope.Text("fromMember").ShouldBe(made.Text("me"));
            envelope.Text("room").ShouldBe(room);
            envelope.Text("type").ShouldBe("greeting");
            envelope.GetProperty("content").Text("text").ShouldBe("hello");
        }

        await NothingMoreAsync(sender, otherDevice, bob, bobToo, carol, stranger);
    }

    [Fact]
    public async Task A_room_larger_than_one_publish_gets_each_signal_once_in_order()
    {
        await using var sender = await Listener.StartAsync(Api);
        var room = (await Api.CreateRoomAsync(sender.Session)).Text("room")!;
        var listeners = new List<Listener>();
        for (var number = 0; number < 80; number++)
        {
            listeners.Add(await Listener.StartAsync(cluster.ApiOf(number % 2)));
        }

        await JoinAsync(room, [.. listeners.Select(listener => listener.Session)]);

        for (var number = 0; number < 3; number++)
        {
            var answer = await Api.ExchangeAsync(sender.Session, new { toRoom = room, content = number });
            Outcomes(answer).ShouldBe(["queued", "queued"]);
            answer.Json.GetProperty("listening").GetInt32().ShouldBe(80);
            NodeMembers(answer).Sum().ShouldBe(80);
        }

        foreach (var listener in listeners)
        {
            for (var number = 0; number < 3; number++)
            {
                (await SignalAsync(listener)).GetProperty("content").GetInt32().ShouldBe(number);
            }
        }

        await NothingMoreAsync([.. listeners]);
        foreach (var listener in listeners)
        {
            await listener.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_private_signal_reaches_one_member()
    {
        await using var alice = await Listener.StartAsync(Api);
        await using var bob = await Listener.StartAsync(Api);
        await using var carol = await Listener.StartAsync(Api);
        var room = (await Api.CreateRoomAsync(alice.Session)).Text("room")!;
        var members = await JoinAsync(room, bob.Session, carol.Session);

        var answer = await Api.ExchangeAsync(
            alice.Session,
            new
            {
                toRoom = room,
                toMember = members[0],
                content = "psst",
            }
        );

        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        NodeMembers(answer).ShouldBe([1]);
        var envelope = await SignalAsync(bob);
        envelope.Text("toMember").ShouldBe(members[0]);
        envelope.Text("content").ShouldBe("psst");
        // The answer to it goes the same way.
        var reply = await Api.ExchangeAsync(
            bob.Session,
            new
            {
                toRoom = room,
                toMember = envelope.Text("fromMember"),
                content = "yes?",
            }
        );
        reply.Status.ShouldBe(HttpStatusCode.OK, reply.Body);
        (await SignalAsync(alice)).Text("content").ShouldBe("yes?");
        await NothingMoreAsync(alice, bob, carol);

        await carol.DisposeAsync();
        await Eventually.HoldsAsync(async () =>
        {
            var late = await Api.ExchangeAsync(
                alice.Session,
                new
                {
                    toRoom = room,
                    toMember = members[1],
                    content = 1,
                }
            );
            late.Status.ShouldBe(HttpStatusCode.NotFound);
            late.Code.ShouldBe("member-not-listening");
        });
    }

    [Fact]
    public async Task In_a_room_with_a_host_members_reach_the_host_and_the_host_everyone()
    {
        await using var host = await Listener.StartAsync(Api);
        await using var player = await Listener.StartAsync(Api);
        await using var other = await Listener.StartAsync(Api);
        var made = await Api.CreateRoomAsync(host.Session, new { open = true, kind = "host" });
        var room = made.Text("room")!;
        var members = await JoinAsync(room, player.Session, other.Session);

        var move = await Api.ExchangeAsync(player.Session, new { toRoom = room, content = "move" });
        move.Json.GetProperty("members").GetInt32().ShouldBe(1);
        (await SignalAsync(host)).Text("fromMember").ShouldBe(members[0]);
        var state = await Api.ExchangeAsync(host.Session, new { toRoom = room, content = "state" });
        state.Json.GetProperty("members").GetInt32().ShouldBe(2);
        (await SignalAsync(player)).Text("content").ShouldBe("state");
        (await SignalAsync(other)).Text("content").ShouldBe("state");
        (
            await Api.ExchangeAsync(
                player.Session,
                new
                {
                    toRoom = room,
                    toMember = members[1],
                    content = 1,
                }
            )
        ).Code.ShouldBe("host-only");
        (
            await Api.ExchangeAsync(
                player.Session,
                new
                {
                    toRoom = room,
                    toMember = made.Text("me"),
                    content = "only you",
                }
            )
        ).Status.ShouldBe(HttpStatusCode.OK);
        (await SignalAsync(host)).Text("content").ShouldBe("only you");
        await NothingMoreAsync(host, player, other);
    }

    [Fact]
    public async Task Only_members_send_and_who_has_left_gets_nothing()
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
        await SignalAsync(bob);

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
                Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json"),
            },
            sender.Authorization
        );

        answer.Code.ShouldBe(code);
    }

    [Fact]
    public async Task A_signal_through_the_socket_reaches_the_room_and_is_answered()
    {
        await using var alice = await Listener.StartAsync(Api);
        await using var bob = await Listener.StartAsync(Api);
        var room = (await Api.CreateRoomAsync(alice.Session)).Text("room")!;
        await JoinAsync(room, bob.Session);

        await bob.SendAsync(
            new
            {
                id = "1",
                toRoom = room,
                content = "hi",
            }
        );

        (await SignalAsync(alice)).Text("content").ShouldBe("hi");
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
    public async Task A_member_whose_queue_is_full_costs_the_others_nothing()
    {
        await using var sender = await Listener.StartAsync(Api);
        await using var reader = await Listener.StartAsync(Api);
        // Takes one signal and settles none: the rest waits in its queue, up to the policy's bound.
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
            await JoinAsync(room, reader.Session, session);
            await FillAsync(sender, session);

            var answer = await Api.ExchangeAsync(sender.Session, new { toRoom = room, content = "for all" });

            Outcomes(answer).ShouldBe(["partly"]);
            NodeMembers(answer).ShouldBe([2]);
            (await SignalAsync(reader)).Text("content").ShouldBe("for all");
            await NothingMoreAsync(reader);
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

    private async Task<IReadOnlyList<string>> JoinAsync(string room, params ConnectedSession[] sessions)
    {
        var members = new List<string>();
        foreach (var session in sessions)
        {
            members.Add(await Api.JoinRoomAsync(session, room));
        }

        return members;
    }

    // The next signal; what tells of members is passed over.
    private static async Task<JsonElement> SignalAsync(Listener listener)
    {
        while (true)
        {
            var envelope = await listener.ReceiveAsync();
            if (envelope.Text("type") != "room")
            {
                return envelope;
            }
        }
    }

    // A queue keeps the order: what is sent now would come after whatever else was sent before.
    private async Task NothingMoreAsync(params Listener[] listeners)
    {
        foreach (var listener in listeners)
        {
            await Api.ExchangeAsync(listener.Session, new { toSession = listener.Key, content = "the end" });
            var envelope = await SignalAsync(listener);
            envelope.GetProperty("content").ToString().ShouldBe("the end");
        }
    }

    private static IEnumerable<string?> Outcomes(Answer answer) =>
        answer.Json.GetProperty("nodes").EnumerateArray().Select(node => node.Text("outcome"));

    private static IEnumerable<int> NodeMembers(Answer answer) =>
        answer.Json.GetProperty("nodes").EnumerateArray().Select(node => node.GetProperty("members").GetInt32());
}
