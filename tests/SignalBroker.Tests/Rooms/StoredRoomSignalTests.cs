using System.Net;
using System.Text.Json;
using SignalBroker.Tests.Harness;
using SignalBroker.Tests.Inbox;

namespace SignalBroker.Tests.Rooms;

/// <summary>A stored signal to a room waits in the inbox of each member, and is settled by each for itself.</summary>
public sealed class StoredRoomSignalTests(TestCluster cluster)
{
    private Api Api => cluster.Api;

    [Fact]
    public async Task Always_stores_it_for_every_other_member_and_delivers_it_once()
    {
        await using var alice = await Listener.StartAsync(Api);
        await using var aliceToo = await Listener.StartAsync(Api, alice.Session.UserId);
        await using var bob = await Listener.StartAsync(Api);
        var carol = await Api.ConnectAsync();
        var room = await MakeRoomAsync(alice.Session, bob.Session, carol);

        for (var number = 1; number <= 3; number++)
        {
            var answer = await StoreAsync(alice.Session, room, number);
            Counts(answer).ShouldBe((Members: 2, Listening: 1, Stored: 2, Full: 0));
            answer.Json.GetProperty("nodes").GetArrayLength().ShouldBe(0);
        }

        await using var carolListens = await Listener.StartAsync(carol);
        foreach (var receiver in (Listener[])[bob, carolListens])
        {
            for (var number = 1; number <= 3; number++)
            {
                var envelope = await SignalAsync(receiver);
                envelope.Sequence.ShouldBe(number);
                envelope.Number.ShouldBe(number);
                envelope.Text("room").ShouldBe(room);
                envelope.Text("from").ShouldBe(alice.Session.UserId);
                envelope.TryGetProperty("expiresAt", out _).ShouldBeTrue();
            }
        }

        for (var number = 1; number <= 3; number++)
        {
            var own = await SignalAsync(aliceToo);
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
    public async Task IfOffline_stores_it_for_those_whom_no_session_takes_it_for()
    {
        var alice = await Api.ConnectAsync();
        await using var bob = await Listener.StartAsync(Api);
        var carol = await Api.ConnectAsync();
        var room = await MakeRoomAsync(alice, bob.Session, carol);

        var answer = await StoreAsync(alice, room, 1, "ifOffline");

        Counts(answer).ShouldBe((Members: 2, Listening: 1, Stored: 1, Full: 0));
        answer.Json.GetProperty("nodes").EnumerateArray().Single().Text("outcome").ShouldBe("queued");
        (await SignalAsync(bob)).TryGetProperty("sequence", out _).ShouldBeFalse();
        (await Api.ReadInboxAsync(bob.Session)).Sequences.ShouldBeEmpty();
        await NothingMoreAsync(bob);
        await using var later = await Listener.StartAsync(carol);
        (await SignalAsync(later)).Sequence.ShouldBe(1);
    }

    [Fact]
    public async Task IfOffline_stores_it_for_whoever_is_behind_so_that_it_overtakes_nothing()
    {
        var alice = await Api.ConnectAsync();
        await using var bob = await Listener.StartAsync(Api);
        var room = await MakeRoomAsync(alice, bob.Session);

        for (var number = 1; number <= 60; number++)
        {
            await StoreAsync(alice, room, number, number % 2 == 0 ? "ifOffline" : "always");
        }

        for (var number = 1; number <= 60; number++)
        {
            (await SignalAsync(bob)).Number.ShouldBe(number);
        }

        await NothingMoreAsync(bob);
    }

    [Theory]
    [InlineData("always")]
    [InlineData("ifOffline")]
    public async Task Repeats_on_both_webapps_store_one_signal_and_are_answered_alike(string store)
    {
        var alice = await Api.ConnectAsync();
        await using var bob = await Listener.StartAsync(Api);
        var carol = await Api.ConnectAsync();
        var room = await MakeRoomAsync(alice, bob.Session, carol);

        var answers = await Task.WhenAll(
            Enumerable.Range(0, 12).Select(number => StoreAsync(alice, room, 7, store, "x", cluster.ApiOf(number % 2)))
        );

        answers.Select(answer => answer.Body).Distinct().ShouldHaveSingleItem();
        (await SignalAsync(bob)).Number.ShouldBe(7);
        await NothingMoreAsync(bob);
        (await Api.ReadInboxAsync(carol)).Sequences.ShouldBe([1]);
        (await StoreAsync(alice, room, 8, store, "x")).Code.ShouldBe("id-already-used");
        (await Api.StoreAsync(alice, carol.UserId, 7, id: "x")).Code.ShouldBe("id-already-used");
    }

    [Fact]
    public async Task A_full_inbox_is_counted_and_only_if_all_are_full_it_is_refused()
    {
        var alice = await Api.ConnectAsync();
        var bob = await Api.ConnectAsync();
        var carol = await Api.ConnectAsync();
        var room = await MakeRoomAsync(alice, bob, carol);
        await FillAsync(alice, bob.UserId);

        Counts(await StoreAsync(alice, room, 1, id: "x")).ShouldBe((Members: 2, Listening: 0, Stored: 1, Full: 1));
        (await Api.SettleAsync(bob, new { upTo = 1 })).Status.ShouldBe(HttpStatusCode.OK);
        // What it was answered once it is answered again.
        Counts(await StoreAsync(alice, room, 1, id: "x")).ShouldBe((Members: 2, Listening: 0, Stored: 1, Full: 1));
        Counts(await StoreAsync(alice, room, 2)).ShouldBe((Members: 2, Listening: 0, Stored: 2, Full: 0));

        await FillAsync(alice, carol.UserId);
        var refused = await StoreAsync(alice, room, 3, id: "y");
        refused.Status.ShouldBe(HttpStatusCode.Conflict);
        refused.Code.ShouldBe("inbox-full");
        // That leaves no trace.
        await Api.SettleAsync(carol, new { upTo = 1 });
        Counts(await StoreAsync(alice, room, 3, id: "y")).ShouldBe((Members: 2, Listening: 0, Stored: 1, Full: 1));
    }

    [Fact]
    public async Task Expired_signals_in_a_full_inbox_make_room()
    {
        var alice = await Api.ConnectAsync();
        var bob = await Api.ConnectAsync();
        var room = await MakeRoomAsync(alice, bob);
        await FillAsync(alice, bob.UserId);
        await using (
            var expire = cluster.Database.CreateCommand(
                "UPDATE inbox_entries SET expires_at = now() WHERE user_id = $1 AND sequence <= 10"
            )
        )
        {
            expire.Parameters.AddWithValue(bob.UserId);
            await expire.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        Counts(await StoreAsync(alice, room, 1)).ShouldBe((Members: 1, Listening: 0, Stored: 1, Full: 0));
    }

    [Fact]
    public async Task Who_has_left_keeps_what_it_was_sent_as_a_member_and_gets_no_more()
    {
        var alice = await Api.ConnectAsync();
        var bob = await Api.ConnectAsync();
        var carol = await Api.ConnectAsync();
        var room = await MakeRoomAsync(alice, bob, carol);
        await StoreAsync(alice, room, 1);

        await Api.RoomsAsync(HttpMethod.Post, $"/{room}/leave", bob);

        Counts(await StoreAsync(alice, room, 2)).ShouldBe((Members: 1, Listening: 0, Stored: 1, Full: 0));
        (await Api.ReadInboxAsync(bob)).Sequences.ShouldBe([1]);
        (await Api.ReadInboxAsync(carol)).Sequences.ShouldBe([1, 2]);
    }

    [Fact]
    public async Task A_private_signal_is_stored_for_its_member_also_through_the_socket()
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

        var outcome = await SignalAsync(alice);
        outcome.Text("type").ShouldBe("outcome", outcome.ToString());
        outcome.GetProperty("content").GetProperty("stored").GetInt32().ShouldBe(1);
        (await Api.ReadInboxAsync(bob)).Sequences.ShouldBe([1]);
        (await Api.ReadInboxAsync(carol)).Sequences.ShouldBeEmpty();
    }

    [Fact]
    public async Task Nothing_that_is_stored_tells_who_an_anonymous_member_is()
    {
        await using var host = await Listener.StartAsync(Api);
        await using var hidden = await Listener.StartAsync(Api, "hidden-" + Guid.NewGuid(), "hidden-device");
        var away = await Api.ConnectAsync();
        var made = await Api.CreateRoomAsync(host.Session);
        var room = made.Text("room")!;
        await Api.JoinRoomAsync(away, room);
        var member = await Api.JoinRoomAsync(hidden.Session, room, new { anonymous = true, alias = "Fox" });

        // What it sends, what it is sent, and what it settles with a receipt.
        var sent = await StoreAsync(hidden.Session, room, 1);
        var answer = await StoreAsync(host.Session, room, 2, receipt: "delivered");
        answer.Json.Text("outcome").ShouldBe("stored", answer.Body);
        answer.Json.TryGetProperty("listening", out _).ShouldBeFalse(answer.Body);
        (await SignalAsync(hidden)).Number.ShouldBe(2);
        await Api.SettleAsync(hidden.Session, new { upTo = 100 });

        var envelope = await SignalAsync(host);
        envelope.Number.ShouldBe(1);
        envelope.GetProperty("from").Text("member").ShouldBe(member);
        envelope.GetProperty("from").Text("alias").ShouldBe("Fox");
        envelope.TryGetProperty("fromSession", out _).ShouldBeFalse();
        var receipt = await SignalAsync(host);
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

    [Fact]
    public async Task A_large_room_gets_each_stored_signal_once_and_in_order()
    {
        const int Members = 120;
        await using var alice = await Listener.StartAsync(Api);
        var listeners = new List<Listener>();
        for (var number = 0; number < Members / 2; number++)
        {
            listeners.Add(await Listener.StartAsync(cluster.ApiOf(number % 2)));
        }

        // Their sessions may expire: a member stays one.
        var away = await Task.WhenAll(Enumerable.Range(0, Members / 2).Select(_ => Api.ConnectAsync()));
        var room = await MakeRoomAsync(alice.Session, [.. away, .. listeners.Select(listener => listener.Session)]);

        for (var number = 1; number <= 4; number++)
        {
            var answer = await StoreAsync(alice.Session, room, number, number % 2 == 0 ? "ifOffline" : "always");
            answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        }

        foreach (var listener in listeners)
        {
            for (var number = 1; number <= 4; number++)
            {
                (await SignalAsync(listener)).Number.ShouldBe(number);
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

    private async Task<string> MakeRoomAsync(ConnectedSession owner, params ConnectedSession[] guests)
    {
        var room = (await Api.CreateRoomAsync(owner)).Text("room")!;
        foreach (var guest in guests)
        {
            await Api.JoinRoomAsync(guest, room);
        }

        return room;
    }

    private Task<Answer> StoreAsync(
        ConnectedSession sender,
        string room,
        int content,
        string store = "always",
        string? id = null,
        Api? api = null,
        string? receipt = null
    ) =>
        (api ?? Api).ExchangeAsync(
            sender,
            new Dictionary<string, object?>
            {
                ["toRoom"] = room,
                ["content"] = content,
                ["store"] = store,
                ["id"] = id,
                ["receipt"] = receipt,
            }
        );

    // As many as an inbox holds, put there at once.
    private async Task FillAsync(ConnectedSession sender, string userId)
    {
        var answers = await Task.WhenAll(
            Enumerable.Range(0, 1001).Select(number => cluster.ApiOf(number % 2).StoreAsync(sender, userId, number))
        );
        answers.ShouldContain(answer => answer.Status == HttpStatusCode.Conflict && answer.Code == "inbox-full");
    }

    private async Task<string> EnvelopesOfAsync(string userId)
    {
        await using var read = cluster.Database.CreateCommand(
            "SELECT string_agg(convert_from(envelope, 'UTF8'), ' ') FROM inbox_entries WHERE user_id = $1"
        );
        read.Parameters.AddWithValue(userId);
        return (string)(await read.ExecuteScalarAsync())!;
    }

    private static (int Members, int Listening, int Stored, int Full) Counts(Answer answer)
    {
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        return (Number("members"), Number("listening"), Number("stored"), Number("full"));

        int Number(string member) => answer.Json.GetProperty(member).GetInt32();
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

    // What is stored now comes after whatever else was stored before, and a queue keeps the order.
    private async Task NothingMoreAsync(Listener listener)
    {
        await Api.StoreAsync(listener.Session, listener.Session.UserId, "the end");
        (await SignalAsync(listener)).GetProperty("content").ToString().ShouldBe("the end");
    }
}
