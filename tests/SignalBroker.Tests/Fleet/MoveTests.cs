using System.Net;
using System.Text.Json;
using SignalBroker.LocalCluster;
using SignalBroker.Tests.Harness;
using SignalBroker.Tests.Presence;

namespace SignalBroker.Tests.Fleet;

/// <summary>A session moves to another node, and nobody notices.</summary>
[CollectionDefinition(nameof(MoveCollection))]
public sealed class MoveCollection : ICollectionFixture<MoveCluster>;

/// <inheritdoc cref="MoveCollection" />
[Collection(nameof(MoveCollection))]
public sealed class MoveTests(MoveCluster cluster)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private Node From => cluster.Servers.Nodes[0];

    private Node To => cluster.Servers.Nodes[1];

    [Fact]
    public async Task No_signal_is_lost_doubled_or_overtaken_while_a_session_moves_forth_and_back()
    {
        await using var mover = new Mover(cluster, await cluster.ListenOnAsync(From));
        await using var byUser = await Listener.StartAsync(cluster.ApiOf(0));
        await using var bySession = await Listener.StartAsync(cluster.ApiOf(1));
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var sending = Task.WhenAll(
            SendAsync(cluster.ApiOf(0), byUser.Session, new() { ["to"] = mover.First.UserId }, ending.Token),
            SendAsync(
                cluster.ApiOf(1),
                bySession.Session,
                new() { ["toSession"] = mover.First.ListeningKey },
                ending.Token
            )
        );

        for (var move = 0; move < 2; move++)
        {
            var (from, to) = move == 0 ? (From, To) : (To, From);
            await mover.ReadAsync(100);
            await using var drained = await cluster.DrainAsync(from);
            var waited = await mover.MoveAsync();
            mover.Current.Session.ListeningAddress.ShouldBe(to.ListeningAddress);
            TestContext.Current.SendDiagnosticMessage($"No signal for {waited.TotalMilliseconds:0} ms while it moved");
            await mover.ReadAsync(100);
        }

        await ending.CancelAsync();
        var sent = await sending;
        await mover.ReadUntilAsync(sent.Sum());
        foreach (var (session, count) in new[] { byUser.Session, bySession.Session }.Zip(sent))
        {
            mover.Of(session).ShouldBe(Enumerable.Range(0, count));
        }
    }

    [Fact]
    public async Task Others_know_the_successor_under_the_old_name()
    {
        await using var mover = new Mover(cluster, await cluster.ListenOnAsync(From));
        await using var peer = await cluster.ListenOnAsync(To);
        await using (await cluster.DrainAsync(From))
        {
            await mover.MoveAsync();
        }

        var successor = mover.Current.Session;
        successor.KnownAs.ShouldBe(mover.First.ListeningKey);
        successor.UserId.ShouldBe(mover.First.UserId);
        (
            await cluster.ApiOf(0).ExchangeAsync(successor, new { to = peer.Session.UserId, content = "hello" })
        ).OutcomeOrCode.ShouldBe("queued");
        (await peer.ReceiveAsync()).GetProperty("fromSession").GetString().ShouldBe(mover.First.ListeningKey);
        var answer = await cluster
            .ApiOf(1)
            .ExchangeAsync(peer.Session, new { toSession = mover.First.ListeningKey, content = "hello" });
        answer.Outcomes.ShouldBe([(mover.First.ListeningKey, "queued")]);
        (await mover.Current.ReceiveAsync()).GetProperty("content").GetString().ShouldBe("hello");

        // Of the old session only the name is left.
        (
            await cluster.ApiOf(0).ExchangeAsync(mover.First, new { to = peer.Session.UserId, content = "hello" })
        ).Status.ShouldBe(HttpStatusCode.Unauthorized);
        (await cluster.ApiOf(0).TakeOverAsync(mover.First)).Code.ShouldBe("predecessor-unknown");
    }

    [Fact]
    public async Task Until_the_successor_listens_signals_go_to_the_old_session()
    {
        await using var listener = await cluster.ListenOnAsync(From);
        var successor = (await cluster.ApiOf(0).TakeOverAsync(listener.Session)).Session;
        successor.ListeningAddress.ShouldBe(To.ListeningAddress);
        for (var webapp = 0; webapp < 2; webapp++)
        {
            var sent = await cluster
                .ApiOf(webapp)
                .ExchangeAsync(successor, new { to = successor.UserId, content = "hello" });
            sent.Outcomes.ShouldBe([(listener.Key, "queued")]);
            (await listener.ReceiveAsync()).GetProperty("fromSession").GetString().ShouldBe(listener.Key);
        }

        // Of several successors the last one counts.
        var last = (await cluster.ApiOf(1).TakeOverAsync(listener.Session)).Session;
        (
            await cluster.ApiOf(0).ExchangeAsync(successor, new { to = successor.UserId, content = "hello" })
        ).Status.ShouldBe(HttpStatusCode.Unauthorized);
        await using var moved = await Listener.StartAsync(last);
        for (var webapp = 0; webapp < 2; webapp++)
        {
            // By then it has moved for one of the webapps.
            (await listener.ReceiveAsync())
                .GetProperty("content")
                .GetProperty("event")
                .GetString()
                .ShouldBe("moved");
        }

        await cluster.ApiOf(0).ExchangeAsync(last, new { to = last.UserId, content = "hello" });
        (await moved.ReceiveAsync()).GetProperty("content").GetString().ShouldBe("hello");
    }

    [Fact]
    public async Task Whoever_watches_a_user_who_moves_sees_nothing_of_it_and_the_watches_of_the_user_move_along()
    {
        await using var mover = new Mover(cluster, await cluster.ListenOnAsync(From));
        await using var watcher = await cluster.ListenOnAsync(To);
        await WatchAsync(watcher.Session, mover.First.UserId);
        await using var watched = await cluster.ListenOnAsync(To);
        await WatchAsync(mover.First, watched.Session.UserId);
        await using (await cluster.DrainAsync(From))
        {
            await mover.MoveAsync();
        }

        // Longer than anybody waits to tell of a user who is gone.
        await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System, Token);
        watcher.Arrived().ShouldBeEmpty();
        await watched.DisposeAsync();
        var told = await mover.Current.ReceiveAsync();
        told.GetProperty("type").GetString().ShouldBe("presence");
        told.GetProperty("content").GetProperty("userId").GetString().ShouldBe(watched.Session.UserId);
    }

    [Fact]
    public async Task A_session_whose_client_has_lost_its_socket_ends_at_once_although_the_node_still_holds_it()
    {
        await using var silent = await cluster.ListenOnAsync(From);
        await using var watched = await cluster.ListenOnAsync(To);
        await WatchAsync(silent.Session, watched.Session.UserId);

        // The second time the first answer was lost.
        await cluster.ApiOf(0).TakeOverAsync(silent.Session, listens: false);
        var successor = (await cluster.ApiOf(1).TakeOverAsync(silent.Session, listens: false)).Session;

        successor.KnownAs.ShouldBe(silent.Key);
        foreach (var webapp in new[] { 1, 0 })
        {
            var sent = await cluster.ApiOf(webapp).ExchangeAsync(successor, new { to = successor.UserId, content = 1 });
            sent.Outcomes.ShouldNotContain((silent.Key, "queued"));
        }

        await using var listener = await Listener.StartAsync(successor);
        await cluster.ApiOf(0).ExchangeAsync(successor, new { to = successor.UserId, content = "hello" });
        (await listener.ReceiveAsync()).GetProperty("content").GetString().ShouldBe("hello");
        await silent.Closed.WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, Token);
        await watched.DisposeAsync();
        (await listener.ReceiveAsync())
            .GetProperty("content")
            .GetProperty("userId")
            .GetString()
            .ShouldBe(watched.Session.UserId);
        (await cluster.ApiOf(0).TakeOverAsync(silent.Session, listens: false)).Code.ShouldBe("predecessor-unknown");
    }

    [Theory]
    [InlineData("Reject")]
    [InlineData("Replace")]
    public async Task A_user_who_may_have_one_session_moves_as_well(string perUser)
    {
        var strict = await cluster.Servers.AddWebappAsync(
            new Dictionary<string, string> { ["Sessions:PerUser"] = perUser },
            Token
        );
        try
        {
            await strict.NodesReadyAsync();
            var api = new Api(strict.PublicAddress);
            await using var listener = await Listener.StartAsync(await cluster.ConnectOnAsync(From, api: api));
            var successor = await api.TakeOverAsync(listener.Session);
            successor.Status.ShouldBe(HttpStatusCode.OK, successor.Body);
            (
                await api.ExchangeAsync(listener.Session, new { to = listener.Session.UserId, content = "hello" })
            ).Status.ShouldBe(HttpStatusCode.OK);
            await using var moved = await Listener.StartAsync(successor.Session);
            await Eventually.HoldsAsync(async () =>
                (
                    await api.ExchangeAsync(listener.Session, new { to = listener.Session.UserId, content = "hello" })
                ).Status.ShouldBe(HttpStatusCode.Unauthorized)
            );
        }
        finally
        {
            await cluster.Servers.RemoveWebappAsync(strict);
        }
    }

    // Whoever subscribes before that is told when the user begins to listen.
    private async Task WatchAsync(ConnectedSession watcher, string userId)
    {
        var api = cluster.ApiOf(0);
        await api.SeesAsync(watcher, userId, "listening");
        (await api.SubscribeAsync(watcher, userId)).Single().State.ShouldBe("listening");
    }

    // Numbers from zero on, each sent when the one before is answered; how many there were.
    private static async Task<int> SendAsync(
        Api api,
        ConnectedSession sender,
        Dictionary<string, object> to,
        CancellationToken ending
    )
    {
        var count = 0;
        while (!ending.IsCancellationRequested)
        {
            to["content"] = count++;
            (await api.ExchangeAsync(sender, to)).OutcomeOrCode.ShouldBe("queued");
        }

        return count;
    }
}
