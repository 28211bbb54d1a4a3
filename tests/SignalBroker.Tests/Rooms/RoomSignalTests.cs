using System.Net;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Rooms;

/// <summary>Who receives a signal to a room.</summary>
public sealed class RoomSignalTests(TestCluster cluster)
{
    private Api Api => cluster.Api;

    [Fact]
    public async Task A_signal_reaches_every_other_member_once_and_the_senders_other_devices()
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
        await Api.JoinRoomAsync(room, bob.Session, carol.Session, away);

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
        answer.NodeOutcomes.ShouldAllBe(outcome => outcome == "queued");
        answer.Body.ShouldNotContain("s.");
        foreach (var receiver in (Listener[])[otherDevice, bob, bobToo, carol])
        {
            var envelope = await receiver.ReceiveSignalAsync();
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
    public async Task A_room_too_large_for_one_publish_receives_each_signal_once_and_in_order()
    {
        await using var sender = await Listener.StartAsync(Api);
        var room = (await Api.CreateRoomAsync(sender.Session)).Text("room")!;
        var listeners = new List<Listener>();
        for (var number = 0; number < 80; number++)
        {
            listeners.Add(await Listener.StartAsync(cluster.ApiOf(number % 2)));
        }

        await Api.JoinRoomAsync(room, [.. listeners.Select(listener => listener.Session)]);

        for (var number = 0; number < 3; number++)
        {
            var answer = await Api.ExchangeAsync(sender.Session, new { toRoom = room, content = number });
            answer.NodeOutcomes.ShouldBe(["queued", "queued"]);
            answer.Json.GetProperty("listening").GetInt32().ShouldBe(80);
            answer.NodeMembers.Sum().ShouldBe(80);
        }

        foreach (var listener in listeners)
        {
            for (var number = 0; number < 3; number++)
            {
                (await listener.ReceiveSignalAsync()).GetProperty("content").GetInt32().ShouldBe(number);
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
        var members = await Api.JoinRoomAsync(room, bob.Session, carol.Session);

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
        answer.NodeMembers.ShouldBe([1]);
        var envelope = await bob.ReceiveSignalAsync();
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
        (await alice.ReceiveSignalAsync()).Text("content").ShouldBe("yes?");
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
    public async Task In_a_room_with_a_host_members_reach_the_host_and_the_host_reaches_everyone()
    {
        await using var host = await Listener.StartAsync(Api);
        await using var player = await Listener.StartAsync(Api);
        await using var other = await Listener.StartAsync(Api);
        var made = await Api.CreateRoomAsync(host.Session, new { open = true, kind = "host" });
        var room = made.Text("room")!;
        var members = await Api.JoinRoomAsync(room, player.Session, other.Session);

        var move = await Api.ExchangeAsync(player.Session, new { toRoom = room, content = "move" });
        move.Json.GetProperty("members").GetInt32().ShouldBe(1);
        (await host.ReceiveSignalAsync()).Text("fromMember").ShouldBe(members[0]);
        var state = await Api.ExchangeAsync(host.Session, new { toRoom = room, content = "state" });
        state.Json.GetProperty("members").GetInt32().ShouldBe(2);
        (await player.ReceiveSignalAsync()).Text("content").ShouldBe("state");
        (await other.ReceiveSignalAsync()).Text("content").ShouldBe("state");
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
        (await host.ReceiveSignalAsync()).Text("content").ShouldBe("only you");
        await NothingMoreAsync(host, player, other);
    }

    // A queue keeps the order: anything sent before would arrive before this.
    private async Task NothingMoreAsync(params Listener[] listeners)
    {
        foreach (var listener in listeners)
        {
            await Api.ExchangeAsync(listener.Session, new { toSession = listener.Key, content = "the end" });
            var envelope = await listener.ReceiveSignalAsync();
            envelope.GetProperty("content").ToString().ShouldBe("the end");
        }
    }
}
