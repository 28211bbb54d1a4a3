using System.Net;
using System.Net.Sockets;
using SignalBroker.Client.Tests.Harness;
using SignalBroker.LocalCluster;

namespace SignalBroker.Client.Tests.Listening;

/// <summary>What a client does when nodes and webapps are lost: the next signal arrives.</summary>
[Collection<ServerTests>]
public sealed class RecoveryTests(Servers servers) : IAsyncLifetime
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync() => await servers.MendAsync();

    [Fact]
    public async Task A_client_whose_node_is_killed_comes_back_with_a_new_key_and_hears_the_next_signal()
    {
        var states = new States();
        await using var bob = await SignalBrokerClient.ConnectAsync(
            servers.Options() with
            {
                StateChanged = states.Add,
            },
            Token
        );
        await using var alice = await ConnectElsewhereAsync(bob);
        var before = (await states.NextAsync<ClientState.Listening>()).Session;

        await servers.NodeOf(before).KillAsync();

        var lost = await states.NextAsync<ClientState.Reconnecting>();
        lost.Problem.Code.ShouldBe(SignalBrokerCode.ListeningLost);
        lost.RetryAt.ShouldNotBeNull();
        var after = (await states.NextAsync<ClientState.Listening>()).Session;
        after.UserId.ShouldBe(before.UserId);
        after.ListeningKey.ShouldNotBe(before.ListeningKey);
        after.ListeningAddress.ShouldNotBe(before.ListeningAddress);
        bob.Session.ShouldBe(after);
        var sent = await alice.SendAsync(bob.UserId, "next", cancellationToken: Token);
        sent.Sessions.ShouldContain(new Delivery(after.KnownAs, null, Outcome.Queued));
        (await bob.NextSignalAsync()).Content.GetString().ShouldBe("next");
    }

    [Fact]
    public async Task A_restarted_webapp_drops_no_client_and_no_signal()
    {
        var states = new States();
        await using var me = await SignalBrokerClient.ConnectAsync(
            servers.Options() with
            {
                StateChanged = states.Add,
            },
            Token
        );
        var before = (await states.NextAsync<ClientState.Listening>()).Session;

        await servers.Webapp.KillAsync();
        var sent = Enumerable.Range(0, 20).Select(n => me.SendAsync(me.UserId, n, cancellationToken: Token)).ToList();
        await servers.Webapp.StartAsync(Token);
        var answered = await Task.WhenAll(sent);
        await me.SendAsync(me.UserId, 20, cancellationToken: Token);

        await me.ShouldHearAsync(answered, last: 20);
        states.IsEmpty.ShouldBeTrue();
        me.Session.ShouldBe(before);
    }

    [Fact]
    public async Task While_reconnecting_100_signals_wait_and_one_more_is_refused()
    {
        var states = new States();
        await using var alice = await SignalBrokerClient.ConnectAsync(
            servers.Options() with
            {
                StateChanged = states.Add,
            },
            Token
        );
        await using var bob = await ConnectElsewhereAsync(alice);
        await servers.Webapp.KillAsync();
        await servers.NodeOf(alice.Session).RunCtlAsync("close_all_connections", "test");
        await states.NextAsync<ClientState.Reconnecting>();

        var waiting = Enumerable.Range(0, 100).Select(n => alice.SendAsync(bob.UserId, n, Patient, Token)).ToList();
        var refused = await Should.ThrowAsync<SignalNotSentException>(alice.SendAsync(bob.UserId, 100, Patient, Token));
        refused.Code.ShouldBe(SignalBrokerCode.QueueFull);
        waiting.ShouldAllBe(signal => !signal.IsCompleted);

        await servers.Webapp.StartAsync(Token);
        await Task.WhenAll(waiting);
        (await bob.NextSignalsAsync(100))
            .Select(signal => signal.Content.GetInt32())
            .ShouldBe(Enumerable.Range(0, 100));
    }

    [Fact]
    public async Task A_signal_that_expires_before_the_client_is_back_is_not_sent()
    {
        var states = new States();
        await using var alice = await SignalBrokerClient.ConnectAsync(
            servers.Options() with
            {
                StateChanged = states.Add,
            },
            Token
        );
        await servers.Webapp.KillAsync();
        await servers.NodeOf(alice.Session).RunCtlAsync("close_all_connections", "test");
        await states.NextAsync<ClientState.Reconnecting>();

        var expired = await Should.ThrowAsync<SignalNotSentException>(
            alice.SendAsync(alice.UserId, "late", new() { TimeToLive = TimeSpan.FromMilliseconds(200) }, Token)
        );
        expired.Code.ShouldBe(SignalBrokerCode.Expired);
        alice.State.ShouldBeOfType<ClientState.Reconnecting>();

        using var giveUp = new CancellationTokenSource();
        var cancelled = alice.SendAsync(alice.UserId, "never", cancellationToken: giveUp.Token);
        await giveUp.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(cancelled);

        await servers.Webapp.StartAsync(Token);
        await alice.SendAsync(alice.UserId, "in time", Patient, Token);
        (await alice.NextSignalAsync()).Content.GetString().ShouldBe("in time");
    }

    [Fact]
    public async Task Without_a_database_a_client_waits_and_comes_back_with_it()
    {
        var states = new States();
        await using var me = await SignalBrokerClient.ConnectAsync(
            servers.Options() with
            {
                StateChanged = states.Add,
            },
            Token
        );
        await states.NextAsync<ClientState.Listening>();
        await servers.Cluster.Postgres.StopAsync(Token);

        await servers.NodeOf(me.Session).RunCtlAsync("close_all_connections", "test");
        await states.NextAsync<ClientState.Reconnecting>(state =>
            state.Problem.Code == SignalBrokerCode.DatabaseUnavailable && state.RetryAt is not null
        );
        var sending = me.SendAsync(me.UserId, "next", Patient, Token);

        await servers.Cluster.Postgres.StartAsync(Token);
        await states.NextAsync<ClientState.Listening>();
        await sending;
        (await me.NextSignalAsync()).Content.GetString().ShouldBe("next");
    }

    [Fact]
    public async Task After_a_503_the_client_waits_as_long_as_the_server_asks()
    {
        var full = await servers.Cluster.AddWebappAsync(
            [new("Nodes:0:Capacity", "0"), new("Nodes:1:Capacity", "0")],
            Token
        );
        var clock = new ManualClock();
        var requests = new Requests();
        var states = new States();
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var connecting = SignalBrokerClient.ConnectAsync(
            servers.Options() with
            {
                Url = new(full.PublicAddress),
                Http = new(requests),
                StateChanged = states.Add,
                TimeProvider = clock,
            },
            giveUp.Token
        );

        var refused = await states.NextAsync<ClientState.Connecting>(state => state.RetryAt is not null);
        refused.Problem!.Code.ShouldBe("no-node-available");
        var wait = refused.RetryAt!.Value - clock.GetUtcNow();
        wait.ShouldBeInRange(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5.5));

        clock.Advance(wait - TimeSpan.FromMilliseconds(1));
        states.IsEmpty.ShouldBeTrue();
        requests.Answered.Count.ShouldBe(1);
        clock.Advance(TimeSpan.FromMilliseconds(1));
        await states.NextAsync<ClientState.Connecting>(state => state.RetryAt is not null);
        requests.Answered.ShouldBe([
            ("/connect", HttpStatusCode.ServiceUnavailable),
            ("/connect", HttpStatusCode.ServiceUnavailable),
        ]);

        await giveUp.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(connecting);
        await full.StopAsync(Token);
    }

    [Fact]
    public async Task A_node_that_does_not_answer_is_given_up()
    {
        var clock = new ManualClock();
        var states = new States();
        foreach (var node in servers.Cluster.Nodes)
        {
            node.Pause();
        }

        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var requests = new Requests();
        var connecting = SignalBrokerClient.ConnectAsync(
            servers.Options() with
            {
                Http = new(requests),
                StateChanged = states.Add,
                TimeProvider = clock,
            },
            giveUp.Token
        );
        await requests.HasBegunAsync("/ws");
        clock.Advance(TimeSpan.FromSeconds(15));

        var problem = (await states.NextAsync<ClientState.Connecting>(state => state.RetryAt is not null)).Problem!;
        problem.ShouldBe(new(SignalBrokerCode.ListeningLost, "The node did not confirm in time."));
        await giveUp.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(connecting);
        foreach (var node in servers.Cluster.Nodes)
        {
            node.Resume();
        }
    }

    [Fact]
    public async Task A_silent_connection_is_given_up()
    {
        // Stands for a network that swallows packets.
        TcpProxy? between = null;
        using var http = new SocketsHttpHandler
        {
            ConnectCallback = async (context, cancellationToken) =>
            {
                var port = context.DnsEndPoint.Port;
                var isNode = servers.IsNode(port);
                var isFirst = isNode && between is null;
                between ??= isNode ? new TcpProxy(() => [port]) : null;
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(IPAddress.Loopback, isFirst ? between!.Port : port, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        var states = new States();
        await using var me = await SignalBrokerClient.ConnectAsync(
            servers.Options() with
            {
                Http = new(http),
                HeartBeat = TimeSpan.FromSeconds(1),
                StateChanged = states.Add,
            },
            Token
        );
        await states.NextAsync<ClientState.Listening>();

        between!.Blackhole();

        (await states.NextAsync<ClientState.Reconnecting>()).Problem.Reason.ShouldContain("silent");
        await states.NextAsync<ClientState.Listening>();
        await me.SendAsync(me.UserId, "next", cancellationToken: Token);
        (await me.NextSignalAsync()).Content.GetString().ShouldBe("next");
        await between.DisposeAsync();
    }

    [Fact]
    public async Task A_client_that_receives_nothing_stays_connected()
    {
        var states = new States();
        await using var me = await SignalBrokerClient.ConnectAsync(
            servers.Options() with
            {
                HeartBeat = TimeSpan.FromSeconds(1),
                StateChanged = states.Add,
            },
            Token
        );
        await states.NextAsync<ClientState.Listening>();

        // Longer than either side bears silence: the node closes after two to three intervals.
        var twice = new TaskCompletionSource();
        await using var timer = TimeProvider.System.CreateTimer(
            _ => twice.TrySetResult(),
            null,
            TimeSpan.FromSeconds(6),
            Timeout.InfiniteTimeSpan
        );
        await twice.Task;

        states.IsEmpty.ShouldBeTrue();
        await me.SendAsync(me.UserId, "next", cancellationToken: Token);
        (await me.NextSignalAsync()).Content.GetString().ShouldBe("next");
    }

    private static SendOptions Patient => new() { TimeToLive = TimeSpan.FromSeconds(60) };

    private async Task<SignalBrokerClient> ConnectElsewhereAsync(SignalBrokerClient other)
    {
        while (true)
        {
            var client = await servers.ConnectAsync();
            if (client.Session.ListeningAddress != other.Session.ListeningAddress)
            {
                return client;
            }

            await client.DisposeAsync();
        }
    }
}
