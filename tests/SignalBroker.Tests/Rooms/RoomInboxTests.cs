using System.Net;
using SignalBroker.Tests.Harness;
using SignalBroker.Tests.Inbox;

namespace SignalBroker.Tests.Rooms;

/// <summary>What the members' inboxes keep of signals to a room: repeats, bounds, expiry, departures.</summary>
public sealed class RoomInboxTests(TestCluster cluster)
{
    private Api Api => cluster.Api;

    [Theory]
    [InlineData("always")]
    [InlineData("ifOffline")]
    public async Task Repeats_at_both_webapps_store_one_signal_and_get_the_same_answer(string store)
    {
        var alice = await Api.ConnectAsync();
        await using var bob = await Listener.StartAsync(Api);
        var carol = await Api.ConnectAsync();
        var room = await Api.CreateRoomWithAsync(alice, bob.Session, carol);

        var answers = await Task.WhenAll(
            Enumerable
                .Range(0, 12)
                .Select(number => cluster.ApiOf(number % 2).StoreInRoomAsync(alice, room, 7, store, "x"))
        );

        answers.Select(answer => answer.Body).Distinct().ShouldHaveSingleItem();
        (await bob.ReceiveSignalAsync()).Number.ShouldBe(7);
        // A queue keeps the order: a second copy would arrive before this.
        await Api.StoreAsync(bob.Session, bob.Session.UserId, "the end");
        (await bob.ReceiveSignalAsync()).Text("content").ShouldBe("the end");
        (await Api.ReadInboxAsync(carol)).Sequences.ShouldBe([1]);
        (await Api.StoreInRoomAsync(alice, room, 8, store, "x")).Code.ShouldBe("id-already-used");
        (await Api.StoreAsync(alice, carol.UserId, 7, id: "x")).Code.ShouldBe("id-already-used");
    }

    [Fact]
    public async Task Full_inboxes_are_counted_and_a_signal_is_refused_only_if_all_are_full()
    {
        var alice = await Api.ConnectAsync();
        var bob = await Api.ConnectAsync();
        var carol = await Api.ConnectAsync();
        var room = await Api.CreateRoomWithAsync(alice, bob, carol);
        await FillAsync(alice, bob.UserId);

        (await Api.StoreInRoomAsync(alice, room, 1, id: "x")).Counts.ShouldBe(
            (Members: 2, Listening: 0, Stored: 1, Full: 1)
        );
        (await Api.SettleAsync(bob, new { upTo = 1 })).Status.ShouldBe(HttpStatusCode.OK);
        // A repeat gets the first answer again.
        (await Api.StoreInRoomAsync(alice, room, 1, id: "x")).Counts.ShouldBe(
            (Members: 2, Listening: 0, Stored: 1, Full: 1)
        );
        (await Api.StoreInRoomAsync(alice, room, 2)).Counts.ShouldBe((Members: 2, Listening: 0, Stored: 2, Full: 0));

        await FillAsync(alice, carol.UserId);
        var refused = await Api.StoreInRoomAsync(alice, room, 3, id: "y");
        refused.Status.ShouldBe(HttpStatusCode.Conflict);
        refused.Code.ShouldBe("inbox-full");
        // The refusal leaves no trace.
        await Api.SettleAsync(carol, new { upTo = 1 });
        (await Api.StoreInRoomAsync(alice, room, 3, id: "y")).Counts.ShouldBe(
            (Members: 2, Listening: 0, Stored: 1, Full: 1)
        );
    }

    [Fact]
    public async Task Expired_signals_in_a_full_inbox_make_room()
    {
        var alice = await Api.ConnectAsync();
        var bob = await Api.ConnectAsync();
        var room = await Api.CreateRoomWithAsync(alice, bob);
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

        (await Api.StoreInRoomAsync(alice, room, 1)).Counts.ShouldBe((Members: 1, Listening: 0, Stored: 1, Full: 0));
    }

    [Fact]
    public async Task A_former_member_keeps_stored_signals_but_receives_no_more()
    {
        var alice = await Api.ConnectAsync();
        var bob = await Api.ConnectAsync();
        var carol = await Api.ConnectAsync();
        var room = await Api.CreateRoomWithAsync(alice, bob, carol);
        await Api.StoreInRoomAsync(alice, room, 1);

        await Api.RoomsAsync(HttpMethod.Post, $"/{room}/leave", bob);

        (await Api.StoreInRoomAsync(alice, room, 2)).Counts.ShouldBe((Members: 1, Listening: 0, Stored: 1, Full: 0));
        (await Api.ReadInboxAsync(bob)).Sequences.ShouldBe([1]);
        (await Api.ReadInboxAsync(carol)).Sequences.ShouldBe([1, 2]);
    }

    // Stores as many signals as an inbox holds, all at once.
    private async Task FillAsync(ConnectedSession sender, string userId)
    {
        var answers = await Task.WhenAll(
            Enumerable.Range(0, 1001).Select(number => cluster.ApiOf(number % 2).StoreAsync(sender, userId, number))
        );
        answers.ShouldContain(answer => answer.Status == HttpStatusCode.Conflict && answer.Code == "inbox-full");
    }
}
