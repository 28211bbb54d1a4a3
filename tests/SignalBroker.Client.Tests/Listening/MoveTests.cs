using System.Collections.Concurrent;
using SignalBroker.Client.Tests.Harness;
using SignalBroker.LocalCluster;

namespace SignalBroker.Client.Tests.Listening;

/// <summary>A second webapp.</summary>
public sealed class SecondWebapp(Servers servers) : IAsyncLifetime
{
    public Webapp Webapp { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Webapp = await servers.Cluster.AddWebappAsync();

    public async ValueTask DisposeAsync() => await servers.Cluster.RemoveWebappAsync(Webapp);
}

/// <summary>Clients whose nodes are drained: their sessions move, and nobody notices.</summary>
[Collection<ServerTests>]
public sealed class MoveTests(Servers servers, SecondWebapp second) : IClassFixture<SecondWebapp>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(SocketProtocol.Stomp, SendsBy.Http)]
    [InlineData(SocketProtocol.Stomp, SendsBy.Socket)]
    [InlineData(SocketProtocol.Mqtt, SendsBy.Http)]
    [InlineData(SocketProtocol.Mqtt, SendsBy.Socket)]
    [InlineData(null, SendsBy.Http)]
    public async Task No_signal_is_lost_doubled_or_overtaken_while_a_client_moves_forth_and_back(
        SocketProtocol? protocol,
        SendsBy send
    )
    {
        servers.SkipUnlessOffered(protocol);
        var states = new States();
        await using var mover = await ConnectAsync(servers.Webapp, protocol, send, states.Add);
        var first = (await states.NextAsync<ClientState.Listening>()).Session;
        await using var peer = await ConnectAsync(second.Webapp, protocol, SendsBy.Http);
        await using var byRequest = await ConnectAsync(servers.Webapp, protocol, SendsBy.Http);
        await using var bySocket = await ConnectAsync(second.Webapp, protocol, SendsBy.Socket);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var sending = Task.WhenAll(
            SendAsync(byRequest, mover.UserId, ending.Token),
            SendAsync(bySocket, Addressee.OfSession(first.ListeningKey), ending.Token),
            SendAsync(mover, peer.UserId, ending.Token)
        );
        var heard = new Heard(mover);

        for (var move = 0; move < 2; move++)
        {
            await heard.MoreAsync(100);
            var before = mover.Session;
            await using (await servers.DrainAsync(servers.NodeOf(before)))
            {
                var after = await states.NextAsync();
                after.ShouldBeOfType<ClientState.Listening>().Protocol.ShouldBe(protocol);
                mover.Session.ListeningAddress.ShouldNotBe(before.ListeningAddress);
                mover.Session.KnownAs.ShouldBe(first.ListeningKey);
                await heard.MoreAsync(100);
            }
        }

        await ending.CancelAsync();
        var counts = await sending;
        await heard.UntilAsync(counts[0] + counts[1]);
        heard.From(byRequest).ShouldBe(Enumerable.Range(0, counts[0]));
        heard.From(bySocket).ShouldBe(Enumerable.Range(0, counts[1]));
        var answers = await peer.NextSignalsAsync(counts[2]);
        answers.Select(signal => signal.Content.GetInt32()).ShouldBe(Enumerable.Range(0, counts[2]));
        answers.ShouldAllBe(signal => signal.FromSession == first.ListeningKey);
        states.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public async Task A_move_asks_for_nothing_again_and_whatever_was_subscribed_to_goes_on()
    {
        using var requests = new Requests();
        var states = new States();
        await using var owner = await servers.ConnectAsync();
        await using var me = await SignalBrokerClient.ConnectAsync(
            servers.Options() with
            {
                Device = "phone",
                AfterSequence = 0,
                Http = new(requests),
                StateChanged = states.Add,
            },
            Token
        );
        await states.NextAsync<ClientState.Listening>(state => state.Recovered is not null);
        var room = await owner.Rooms.CreateAsync(cancellationToken: Token);
        await me.Rooms.JoinAsync(room.Id, new() { JoinCode = room.JoinCode }, Token);
        var bob = Servers.NewUser("bob");
        await using var watch = me.Presence.WatchAsync([bob], Token).GetAsyncEnumerator(Token);
        (await watch.MoveNextAsync(), watch.Current.State).ShouldBe((true, PresenceState.Away));
        var before = requests.Answered.Count;

        await using (await servers.DrainAsync(servers.NodeOf(me.Session)))
        {
            (await states.NextAsync()).ShouldBeOfType<ClientState.Listening>().Recovered.ShouldBe(true);
            await using var there = await servers.ConnectAsync(bob);
            (await watch.MoveNextAsync(), watch.Current.State).ShouldBe((true, PresenceState.Listening));
            await owner.SendToRoomAsync(room.Id, "to all", cancellationToken: Token);
            await owner.SendAsync(me.UserId, "stored", StoringSignals.Stored, Token);
            (await me.NextSignalsAsync(2)).Select(signal => signal.Content.GetString()).ShouldBe(["to all", "stored"]);
        }

        requests
            .Answered.Skip(before)
            .Select(answer => answer.Path)
            .Except(["/connect", "/ws", "/inbox/settle"])
            .ShouldBeEmpty();
        states.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public async Task A_move_that_fails_is_tried_again_while_the_client_listens()
    {
        using var connects = new Connects();
        connects.Refuse((503, SignalBrokerCode.NoNodeAvailable), (401, SignalBrokerCode.PredecessorUnknown));
        var states = new States();
        await using var me = await SignalBrokerClient.ConnectAsync(
            servers.Options() with
            {
                Http = new(connects),
                StateChanged = states.Add,
            },
            Token
        );
        var before = (await states.NextAsync<ClientState.Listening>()).Session;

        await using (await servers.DrainAsync(servers.NodeOf(before)))
        {
            var after = (await states.NextAsync()).ShouldBeOfType<ClientState.Listening>().Session;
            after.ListeningAddress.ShouldNotBe(before.ListeningAddress);
            after.KnownAs.ShouldBe(before.KnownAs);
        }

        connects.Asked.Skip(1).ShouldBe(Enumerable.Repeat(new Asked(before.ListeningKey, null, false), 3));
    }

    [Fact]
    public async Task Requests_are_made_as_the_successor_before_it_listens()
    {
        using var successor = new HeldSubscription();
        var states = new States();
        await using var peer = await ConnectAsync(second.Webapp, SocketProtocol.Stomp, SendsBy.Http);
        await using var me = await SignalBrokerClient.ConnectAsync(
            Options(successor) with
            {
                StateChanged = states.Add,
            },
            Token
        );
        var before = (await states.NextAsync<ClientState.Listening>()).Session;
        await servers.KnowAsync(before);
        var proof = me.GetAuthorization();

        await using (await servers.DrainAsync(servers.NodeOf(before)))
        {
            await successor.Arriving.WaitAsync(Token);
            me.GetAuthorization().ShouldNotBe(proof);
            proof = me.GetAuthorization();
            (await me.SendAsync(peer.UserId, "1", cancellationToken: Token)).Sessions.Count.ShouldBe(1);
            (await peer.NextSignalAsync()).FromSession.ShouldBe(before.ListeningKey);
            await peer.SendAsync(me.UserId, "2", cancellationToken: Token);
            (await me.NextSignalAsync()).Content.GetString().ShouldBe("2");
            (me.Session, states.IsEmpty).ShouldBe((before, true));

            successor.Release();
            (await states.NextAsync<ClientState.Listening>()).Session.KnownAs.ShouldBe(before.KnownAs);
            me.GetAuthorization().ShouldBe(proof);
        }
    }

    [Fact]
    public async Task A_client_that_loses_its_socket_while_it_moves_resumes()
    {
        using var successor = new HeldSubscription();
        var states = new States();
        var sockets = new Sockets();
        await using var me = await SignalBrokerClient.ConnectAsync(
            Options(successor, sockets) with
            {
                StateChanged = states.Add,
            },
            Token
        );
        var before = (await states.NextAsync<ClientState.Listening>()).Session;
        await servers.KnowAsync(before);

        await using (await servers.DrainAsync(servers.NodeOf(before)))
        {
            await successor.Arriving.WaitAsync(Token);
            sockets.Break();
            await states.NextAsync<ClientState.Reconnecting>();
            var after = (await states.NextAsync<ClientState.Listening>()).Session;
            after.KnownAs.ShouldBe(before.KnownAs);
            await servers.KnowAsync(after);
            await me.SendAsync(me.UserId, "next", cancellationToken: Token);
            (await me.NextSignalAsync()).Content.GetString().ShouldBe("next");
        }
    }

    [Fact]
    public async Task A_client_that_is_closed_while_it_moves_ends_both_sessions()
    {
        using var successor = new HeldSubscription();
        using var connects = new Connects();
        await using var me = await SignalBrokerClient.ConnectAsync(
            Options(successor) with
            {
                Http = new(connects),
            },
            Token
        );
        await using (await servers.DrainAsync(servers.NodeOf(me.Session)))
        {
            await successor.Arriving.WaitAsync(Token);
            await me.DisposeAsync();
        }

        connects.Disconnects.ShouldBe(2);
        (await me.Closed).Code.ShouldBe(SignalBrokerCode.Closed);
    }

    // The second socket is held.
    private SignalBrokerClientOptions Options(HeldSubscription successor, Sockets? others = null)
    {
        var count = 0;
        others ??= new();
        return servers.Options() with
        {
            Protocol = SocketProtocol.Stomp,
            OpenSocket = (address, token) =>
                ++count == 2 ? successor.OpenAsync(address, token) : others.OpenAsync(address, token),
        };
    }

    // Without a protocol it listens to server-sent events.
    private Task<SignalBrokerClient> ConnectAsync(
        Webapp webapp,
        SocketProtocol? protocol,
        SendsBy send,
        Action<ClientState>? changed = null
    ) =>
        SignalBrokerClient.ConnectAsync(
            servers.Options() with
            {
                Url = new(webapp.PublicAddress),
                Listen = protocol is null ? ListensBy.ServerSentEvents : ListensBy.WebSocket,
                Protocol = protocol,
                Send = send,
                StateChanged = changed,
                MaxUnreadSignals = 100_000,
            },
            Token
        );

    // Numbers from 0 on, each sent when the one before is answered; how many there were.
    private static async Task<int> SendAsync(SignalBrokerClient sender, Addressee to, CancellationToken ending)
    {
        var count = 0;
        while (!ending.IsCancellationRequested)
        {
            var sent = await sender.SendAsync(to, count++, cancellationToken: Token);
            sent.Sessions.ShouldHaveSingleItem().Outcome.ShouldBe(Outcome.Queued);
        }

        return count;
    }

    /// <summary>The numbers that a client has heard, by the name of the sender.</summary>
    private sealed class Heard(SignalBrokerClient client)
    {
        private readonly ConcurrentDictionary<string, List<int>> bySender = [];
        private int count;

        public List<int> From(SignalBrokerClient sender) => bySender[sender.Session.KnownAs];

        public Task MoreAsync(int more) => UntilAsync(count + more);

        public async Task UntilAsync(int total)
        {
            foreach (var signal in await client.NextSignalsAsync(total - count))
            {
                bySender.GetOrAdd(signal.FromSession!, _ => []).Add(signal.Content.GetInt32());
                count++;
            }
        }
    }
}
