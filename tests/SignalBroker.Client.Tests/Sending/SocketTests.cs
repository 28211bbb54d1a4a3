using SignalBroker.Client.Tests.Harness;
using SignalBroker.LocalCluster;

namespace SignalBroker.Client.Tests.Sending;

/// <summary>Sending through the socket: the same outcomes, the same order, and no request.</summary>
[Collection<ServerTests>]
public sealed class SocketTests(Servers servers) : IAsyncLifetime
{
    private readonly States states = new();
    private readonly Requests requests = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static SendOptions Patient => new() { TimeToLive = TimeSpan.FromSeconds(60) };

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await servers.MendAsync();
        requests.Dispose();
    }

    [Fact]
    public async Task Signals_arrive_in_order_and_need_no_request()
    {
        await using var alice = await ConnectAsync();
        await using var bob = await servers.ConnectAsync();

        var sending = Enumerable.Range(0, 50).Select(n => alice.SendAsync(bob.UserId, n, cancellationToken: Token));
        var sent = await Task.WhenAll(sending);

        sent.ShouldAllBe(one => one.Sessions.Single() == new Delivery(bob.Session.ListeningKey, null, Outcome.Queued));
        var arrived = await bob.NextSignalsAsync(50);
        arrived.Select(signal => signal.Content.GetInt32()).ShouldBe(Enumerable.Range(0, 50));
        arrived.ShouldAllBe(signal => signal.FromSession == alice.Session.ListeningKey);
        arrived.Select(signal => signal.Id).ShouldBe(sent.Select(one => one.Id));
        requests.Count("/exchange").ShouldBe(0);
    }

    [Fact]
    public async Task A_client_that_does_not_read_posts_what_it_sends()
    {
        var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var count = 0;
        await using var bob = await servers.ConnectAsync();
        await using var alice = await SignalBrokerClient.ConnectAsync(
            servers.Options() with
            {
                Send = SendsBy.Socket,
                Http = new(requests),
                MaxUnreadSignals = 1,
                EnvelopeArrived = _ =>
                {
                    if (++count == 2)
                    {
                        arrived.SetResult();
                    }

                    return false;
                },
            },
            Token
        );
        await bob.SendAsync(alice.UserId, 0, cancellationToken: Token);
        await bob.SendAsync(alice.UserId, 1, cancellationToken: Token);
        await arrived.Task.WaitAsync(Token);

        var sent = await alice.SendAsync(bob.UserId, "hello", Patient, Token);

        sent.Sessions.Single().Outcome.ShouldBe(Outcome.Queued);
        (await bob.NextSignalAsync()).Content.GetString().ShouldBe("hello");
        requests.Count("/exchange").ShouldBe(1);
        (await alice.NextSignalsAsync(2)).Select(signal => signal.Content.GetInt32()).ShouldBe([0, 1]);
    }

    [Fact]
    public async Task Refusals_are_the_same_exceptions()
    {
        await using var me = await ConnectAsync();

        var absent = await Should.ThrowAsync<UserNotListeningException>(
            me.SendAsync(Servers.NewUser("nobody"), 1, cancellationToken: Token)
        );
        (absent.Status, absent.Code).ShouldBe((404, SignalBrokerCode.UserNotListening));
        var invalid = await Should.ThrowAsync<InvalidRequestException>(
            me.SendAsync("no user id", 1, cancellationToken: Token)
        );
        invalid.Code.ShouldBe(SignalBrokerCode.InvalidUserId);
        requests.Count("/exchange").ShouldBe(0);
        me.State.ShouldBeOfType<ClientState.Listening>();
    }

    [Fact]
    public async Task Signals_that_the_socket_does_not_take_are_posted()
    {
        await using var me = await ConnectAsync();

        var refused = await Should.ThrowAsync<InvalidRequestException>(
            me.SendAsync(me.UserId, new string('x', 200_000), cancellationToken: Token)
        );
        refused.Code.ShouldBe(SignalBrokerCode.PayloadTooLarge);

        await using var other = await ConnectAsync(ListensBy.ServerSentEvents);
        await other.SendAsync(me.UserId, "hello", cancellationToken: Token);
        (await me.NextSignalAsync()).Content.GetString().ShouldBe("hello");
        requests.Count("/exchange").ShouldBe(2);
    }

    [Fact]
    public async Task During_a_restart_of_the_webapp_signals_wait_at_the_node_and_no_queued_one_is_lost()
    {
        await using var alice = await ConnectAsync();
        await using var bob = await servers.ConnectAsync();
        // A session that has sent before may go on while nobody can be asked.
        await alice.SendAsync(bob.UserId, -1, cancellationToken: Token);
        await bob.NextSignalAsync();

        await servers.Webapp.KillAsync();
        var sending = Enumerable.Range(0, 20).Select(n => alice.SendAsync(bob.UserId, n, Patient, Token)).ToList();
        await servers.Webapp.StartAsync(Token);
        var sent = await Task.WhenAll(sending);
        await alice.SendAsync(bob.UserId, 20, cancellationToken: Token);

        await bob.ShouldHearAsync(sent, last: 20);
        requests.Count("/exchange").ShouldBe(0);
    }

    [Fact]
    public async Task A_sender_whose_node_is_killed_continues_from_another()
    {
        await using var alice = await ConnectAsync();
        await using var bob = await ConnectElsewhereAsync(alice);
        await states.NextAsync<ClientState.Listening>();
        await servers.NodeOf(alice.Session).KillAsync();
        var sending = Enumerable.Range(0, 20).Select(n => alice.SendAsync(bob.UserId, n, Patient, Token)).ToList();

        await Task.WhenAll(sending);

        (await bob.NextSignalsAsync(20)).Select(signal => signal.Content.GetInt32()).ShouldBe(Enumerable.Range(0, 20));
        requests.Count("/exchange").ShouldBe(0);
    }

    [Fact]
    public async Task A_sender_that_is_too_fast_slows_down()
    {
        var strict = await servers.Cluster.AddWebappAsync([new("RateLimits:SignalsPerSecondOfSession", "10")], Token);
        // Only this webapp relays.
        await servers.Webapp.StopAsync(Token);
        await using var me = await SignalBrokerClient.ConnectAsync(
            servers.Options() with
            {
                Url = new(strict.PublicAddress),
                Send = SendsBy.Socket,
                StateChanged = states.Add,
            },
            Token
        );
        await states.NextAsync<ClientState.Listening>();

        await Task.WhenAll(Enumerable.Range(0, 40).Select(n => me.SendAsync(me.UserId, n, Patient, Token)));

        (await me.NextSignalsAsync(40)).Select(signal => signal.Content.GetInt32()).ShouldBe(Enumerable.Range(0, 40));
        states.IsEmpty.ShouldBeTrue();
        await strict.StopAsync(Token);
    }

    [Fact]
    public async Task Signals_of_any_size_that_are_too_many_for_one_request_stay_in_order()
    {
        var strict = await servers.Cluster.AddWebappAsync(
            [
                new("RateLimits:SignalsPerSecondOfSession", "20"),
                new("RateLimits:SignalBytesPerSecondOfSession", "20000"),
            ],
            Token
        );
        await using var me = await SignalBrokerClient.ConnectAsync(
            servers.Options() with
            {
                Url = new(strict.PublicAddress),
                Http = new(requests),
            },
            Token
        );

        await Task.WhenAll(
            Enumerable
                .Range(0, 60)
                .Select(n => me.SendAsync(me.UserId, new { n, more = new string('x', n % 2 * 7_000) }, Patient, Token))
        );

        var arrived = await me.NextSignalsAsync(60);
        arrived.Select(signal => signal.Content.GetProperty("n").GetInt32()).ShouldBe(Enumerable.Range(0, 60));
        requests.Count("/exchange").ShouldBeLessThan(60);
        await strict.StopAsync(Token);
    }

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

    private Task<SignalBrokerClient> ConnectAsync(ListensBy? listen = null) =>
        SignalBrokerClient.ConnectAsync(
            servers.Options() with
            {
                Listen = listen,
                Send = SendsBy.Socket,
                Http = new(requests),
                StateChanged = states.Add,
            },
            Token
        );
}
