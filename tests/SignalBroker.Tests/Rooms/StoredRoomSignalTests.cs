using System.Net;
using SignalBroker.Tests.Harness;
using SignalBroker.Tests.Inbox;

namespace SignalBroker.Tests.Rooms;

/// <summary>A stored signal to a room waits in the inbox of each member, who settles it independently.</summary>
public sealed class StoredRoomSignalTests(TestCluster cluster)
{
    private Api Api => cluster.Api;

    [Fact]
    public async Task Always_stores_a_signal_for_every_other_member_and_delivers_it_once()
    {
        await using var alice = await Listener.StartAsync(Api);
        await using var aliceToo = await Listener.StartAsync(Api, alice.Session.UserId);
        await using var bob = await Listener.StartAsync(Api);
        var carol = await Api.ConnectAsync();
        var room = await Api.CreateRoomWithAsync(alice.Session, bob.Session, carol);

        for (var number = 1; number <= 3; number++)
        {
            var answer = await Api.StoreInRoomAsync(alice.Session, room, number);
            answer.Counts.ShouldBe((Members: 2, Listening: 1, Stored: 2, Full: 0));
            answer.Json.GetProperty("nodes").GetArrayLength().ShouldBe(0);
        }

        await using var carolListens = await Listener.StartAsync(carol);
        foreach (var receiver in (Listener[])[bob, carolListens])
        {
            for (var number = 1; number <= 3; number++)
            {
                var envelope = await receiver.ReceiveSignalAsync();
                envelope.Sequence.ShouldBe(number);
                envelope.Number.ShouldBe(number);
                envelope.Text("room").ShouldBe(room);
                envelope.Text("from").ShouldBe(alice.Session.UserId);
                envelope.TryGetProperty("expiresAt", out _).ShouldBeTrue();
            }
        }

        for (var number = 1; number <= 3; number++)
        {
            var own = await aliceToo.ReceiveSignalAsync();
            own.Number.ShouldBe(number);
            own.TryGetProperty("sequence", out _).ShouldBeFalse();
        }

        (await Api.ReadInboxAsync(alice.Session)).Sequences.ShouldBeEmpty();
        (await Api.SettleAsync(bob.Session, new { upTo = 2 })).Status.ShouldBe(HttpStatusCode.OK);
        (await Api.ReadInboxAsync(bob.Session)).Sequences.ShouldBe([3]);
        (await Api.ReadInboxAsync(carol)).Sequences.ShouldBe([1, 2, 3]);
        await NothingMoreAsync(bob);
        await NothingMoreAsync(carolListens);
    }

    [Fact]
    public async Task IfOffline_stores_a_signal_for_members_without_a_session_that_received_it()
    {
        var alice = await Api.ConnectAsync();
        await using var bob = await Listener.StartAsync(Api);
        var carol = await Api.ConnectAsync();
        var room = await Api.CreateRoomWithAsync(alice, bob.Session, carol);

        var answer = await Api.StoreInRoomAsync(alice, room, 1, "ifOffline");

        answer.Counts.ShouldBe((Members: 2, Listening: 1, Stored: 1, Full: 0));
        answer.Json.GetProperty("nodes").EnumerateArray().Single().Text("outcome").ShouldBe("queued");
        (await bob.ReceiveSignalAsync()).TryGetProperty("sequence", out _).ShouldBeFalse();
        (await Api.ReadInboxAsync(bob.Session)).Sequences.ShouldBeEmpty();
        await NothingMoreAsync(bob);
        await using var later = await Listener.StartAsync(carol);
        (await later.ReceiveSignalAsync()).Sequence.ShouldBe(1);
    }

    [Fact]
    public async Task IfOffline_stores_a_signal_for_members_who_are_behind_so_that_it_overtakes_nothing()
    {
        var alice = await Api.ConnectAsync();
        await using var bob = await Listener.StartAsync(Api);
        var room = await Api.CreateRoomWithAsync(alice, bob.Session);

        for (var number = 1; number <= 60; number++)
        {
            await Api.StoreInRoomAsync(alice, room, number, number % 2 == 0 ? "ifOffline" : "always");
        }

        for (var number = 1; number <= 60; number++)
        {
            (await bob.ReceiveSignalAsync()).Number.ShouldBe(number);
        }

        await NothingMoreAsync(bob);
    }

    [Fact]
    public async Task A_large_room_receives_each_stored_signal_once_and_in_order()
    {
        const int Members = 120;
        await using var alice = await Listener.StartAsync(Api);
        var listeners = new List<Listener>();
        for (var number = 0; number < Members / 2; number++)
        {
            listeners.Add(await Listener.StartAsync(cluster.ApiOf(number % 2)));
        }

        // Their sessions may expire, but they stay members.
        var away = await Task.WhenAll(Enumerable.Range(0, Members / 2).Select(_ => Api.ConnectAsync()));
        var room = await Api.CreateRoomWithAsync(
            alice.Session,
            [.. away, .. listeners.Select(listener => listener.Session)]
        );

        for (var number = 1; number <= 4; number++)
        {
            var answer = await Api.StoreInRoomAsync(
                alice.Session,
                room,
                number,
                number % 2 == 0 ? "ifOffline" : "always"
            );
            answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        }

        foreach (var listener in listeners)
        {
            for (var number = 1; number <= 4; number++)
            {
                (await listener.ReceiveSignalAsync()).Number.ShouldBe(number);
            }

            await NothingMoreAsync(listener);
            await listener.DisposeAsync();
        }

        foreach (var session in away)
        {
            var back = await Api.ConnectAsync(session.UserId);
            (await Api.ReadInboxAsync(back)).Sequences.ShouldBe([1, 2, 3, 4]);
        }
    }

    [Fact]
    public async Task A_private_signal_sent_through_the_socket_is_stored_for_its_member_only()
    {
        await using var alice = await Listener.StartAsync(Api);
        var bob = await Api.ConnectAsync();
        var carol = await Api.ConnectAsync();
        var room = (await Api.CreateRoomAsync(alice.Session)).Text("room")!;
        var member = await Api.JoinRoomAsync(bob, room);
        await Api.JoinRoomAsync(carol, room);

        await alice.SendAsync(
            new
            {
                id = "1",
                toRoom = room,
                toMember = member,
                store = "always",
                content = 1,
            }
        );

        var outcome = await alice.ReceiveSignalAsync();
        outcome.Text("type").ShouldBe("outcome", outcome.ToString());
        outcome.GetProperty("content").GetProperty("stored").GetInt32().ShouldBe(1);
        (await Api.ReadInboxAsync(bob)).Sequences.ShouldBe([1]);
        (await Api.ReadInboxAsync(carol)).Sequences.ShouldBeEmpty();
    }

    [Fact]
    public async Task Nothing_that_is_stored_reveals_an_anonymous_member()
    {
        await using var host = await Listener.StartAsync(Api);
        await using var hidden = await Listener.StartAsync(Api, "hidden-" + Guid.NewGuid(), "hidden-device");
        var away = await Api.ConnectAsync();
        var made = await Api.CreateRoomAsync(host.Session);
        var room = made.Text("room")!;
        await Api.JoinRoomAsync(away, room);
        var member = await Api.JoinRoomAsync(hidden.Session, room, new { anonymous = true, alias = "Fox" });

        // What it sends, what it receives, and what it settles with a receipt.
        var sent = await Api.StoreInRoomAsync(hidden.Session, room, 1);
        var answer = await Api.StoreInRoomAsync(host.Session, room, 2, receipt: "delivered");
        answer.Json.Text("outcome").ShouldBe("stored", answer.Body);
        answer.Json.TryGetProperty("listening", out _).ShouldBeFalse(answer.Body);
        (await hidden.ReceiveSignalAsync()).Number.ShouldBe(2);
        await Api.SettleAsync(hidden.Session, new { upTo = 100 });

        var envelope = await host.ReceiveSignalAsync();
        envelope.Number.ShouldBe(1);
        envelope.GetProperty("from").Text("member").ShouldBe(member);
        envelope.GetProperty("from").Text("alias").ShouldBe("Fox");
        envelope.TryGetProperty("fromSession", out _).ShouldBeFalse();
        var receipt = await host.ReceiveSignalAsync();
        receipt.Text("type").ShouldBe("receipt", receipt.ToString());
        var content = receipt.GetProperty("content");
        (content.Text("room"), content.Text("member"), content.Text("outcome")).ShouldBe((room, member, "delivered"));
        var read = await Api.ReadInboxAsync(host.Session);
        var frames = host.Transcript;
        frames.ShouldContain("receipt");
        read.Sequences.Count.ShouldBe(2);
        foreach (var secret in (string[])[hidden.Session.UserId, hidden.Key, "hidden-device"])
        {
            frames.ShouldNotContain(secret);
            read.Body.ShouldNotContain(secret);
            answer.Body.ShouldNotContain(secret);
            (await EnvelopesOfAsync(away.UserId)).ShouldNotContain(secret);
        }

        sent.Status.ShouldBe(HttpStatusCode.OK);
    }

    private async Task<string> EnvelopesOfAsync(string userId)
    {
        await using var read = cluster.Database.CreateCommand(
            "SELECT string_agg(convert_from(envelope, 'UTF8'), ' ') FROM inbox_entries WHERE user_id = $1"
        );
        read.Parameters.AddWithValue(userId);
        return (string)(await read.ExecuteScalarAsync())!;
    }

    // A queue keeps the order: anything stored before would arrive before this.
    private async Task NothingMoreAsync(Listener listener)
    {
        await Api.StoreAsync(listener.Session, listener.Session.UserId, "the end");
        (await listener.ReceiveSignalAsync()).GetProperty("content").ToString().ShouldBe("the end");
    }
}
