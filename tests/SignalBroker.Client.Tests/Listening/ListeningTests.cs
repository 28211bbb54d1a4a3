using System.Net;
using System.Net.Sockets;
using SignalBroker.Client.Tests.Harness;

namespace SignalBroker.Client.Tests.Listening;

/// <summary>How a client begins and ends to listen.</summary>
[Collection<ServerTests>]
public sealed class ListeningTests(Servers servers) : IAsyncLifetime
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync() => await servers.MendAsync();

    [Fact]
    public async Task A_client_reports_its_state_from_the_first_attempt_to_its_end()
    {
        var states = new States();
        var user = Servers.NewUser("alice");
        var heard = new List<ClientState>();
        var client = await SignalBrokerClient.ConnectAsync(
            servers.Options(user) with
            {
                StateChanged = states.Add,
            },
            Token
        );
        client.StateChanged += (_, change) => heard.Add(change.State);
        await client.DisposeAsync();

        (await states.NextAsync()).ShouldBe(new ClientState.Connecting(null, null));
        var listening = (await states.NextAsync()).ShouldBeOfType<ClientState.Listening>();
        listening.Session.ShouldBe(client.Session);
        listening.Session.UserId.ShouldBe(user);
        var closed = (await states.NextAsync()).ShouldBeOfType<ClientState.Closed>();
        closed.Problem.Code.ShouldBe(SignalBrokerCode.Closed);
        client.State.ShouldBe(closed);
        heard.ShouldBe([closed]);
        states.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public async Task Disposal_ends_the_session_at_the_webapp_and_at_the_node()
    {
        var requests = new Requests();
        await using var alice = await servers.ConnectAsync();
        var bob = await SignalBrokerClient.ConnectAsync(servers.Options() with { Http = new(requests) }, Token);
        var (user, key, node) = (bob.UserId, bob.Session.ListeningKey, servers.NodeOf(bob.Session));
        (await node.RunCtlAsync("list_queues", "name")).ShouldContain(key);

        await bob.DisposeAsync();
        await bob.DisposeAsync();

        requests.Answered.ShouldBe([
            ("/connect", HttpStatusCode.OK),
            ("/ws", HttpStatusCode.SwitchingProtocols),
            ("/disconnect", HttpStatusCode.NoContent),
        ]);
        (await node.RunCtlAsync("list_queues", "name")).ShouldNotContain(key);
        var refused = await Should.ThrowAsync<ServerRefusedException>(
            alice.SendAsync(user, "still there?", cancellationToken: Token)
        );
        refused.Code.ShouldBe(SignalBrokerCode.UserNotListening);
        var notSent = await Should.ThrowAsync<SignalNotSentException>(
            bob.SendAsync(alice.UserId, "too late", cancellationToken: Token)
        );
        notSent.Code.ShouldBe(SignalBrokerCode.Closed);
    }

    [Fact]
    public async Task Disposal_ends_the_reading_after_everything_that_has_arrived()
    {
        var client = await servers.ConnectAsync();
        await client.SendAsync(client.UserId, "first", cancellationToken: Token);
        await client.SendAsync(client.UserId, "second", cancellationToken: Token);
        (await client.NextSignalAsync()).Content.GetString().ShouldBe("first");
        var reading = client.ReadSignalsAsync(Token).GetAsyncEnumerator(Token);
        (await reading.MoveNextAsync()).ShouldBeTrue();
        reading.Current.Content.GetString().ShouldBe("second");

        var next = reading.MoveNextAsync();
        await client.DisposeAsync();

        (await next).ShouldBeFalse();
        await reading.DisposeAsync();
    }

    [Fact]
    public async Task An_anonymous_user_is_given_a_name()
    {
        await using var client = await SignalBrokerClient.ConnectAsync(
            new() { Url = new(servers.Webapp.PublicAddress + "/") },
            Token
        );

        await client.SendAsync(client.UserId, "me", cancellationToken: Token);
        (await client.NextSignalAsync()).From.ShouldBe(client.UserId);
    }

    [Fact]
    public async Task A_wrong_user_id_is_refused_for_good()
    {
        var states = new States();
        var refused = await Should.ThrowAsync<ServerRefusedException>(
            SignalBrokerClient.ConnectAsync(servers.Options("no blanks") with { StateChanged = states.Add }, Token)
        );

        (refused.Status, refused.Code).ShouldBe((400, "invalid-user-id"));
        (await states.NextAsync<ClientState.Closed>()).Problem.Code.ShouldBe("invalid-user-id");
    }

    [Fact]
    public async Task Connecting_goes_on_until_it_is_cancelled()
    {
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var states = new States();
        using var nobody = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        nobody.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var connecting = SignalBrokerClient.ConnectAsync(
            new() { Url = new($"http://{nobody.LocalEndPoint}"), StateChanged = states.Add },
            giveUp.Token
        );

        for (var attempt = 0; attempt < 2; attempt++)
        {
            var failed = await states.NextAsync<ClientState.Connecting>(state => state.RetryAt is not null);
            failed.Problem!.Code.ShouldBe(SignalBrokerCode.Unreachable);
        }

        await giveUp.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(connecting);
        (await states.NextAsync<ClientState.Closed>()).Problem.Code.ShouldBe(SignalBrokerCode.Closed);
    }

    [Fact]
    public async Task Cancelled_reading_keeps_unread_signals()
    {
        await using var client = await servers.ConnectAsync();
        using var cancelled = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var reading = client.ReadSignalsAsync(cancelled.Token).GetAsyncEnumerator(Token);
        var next = reading.MoveNextAsync();
        await cancelled.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(next.AsTask());

        var sent = await client.SendAsync(client.UserId, "kept", cancellationToken: Token);
        sent.Sessions.ShouldHaveSingleItem().Outcome.ShouldBe(Outcome.Queued);
        (await client.NextSignalAsync()).Content.GetString().ShouldBe("kept");
    }

    [Fact]
    public async Task A_reader_that_falls_behind_loses_nothing()
    {
        await using var slow = await SignalBrokerClient.ConnectAsync(
            servers.Options() with
            {
                MaxUnreadSignals = 1,
            },
            Token
        );
        for (var n = 0; n < 50; n++)
        {
            await slow.SendAsync(slow.UserId, n, cancellationToken: Token);
        }

        (await slow.NextSignalsAsync(50)).Select(signal => signal.Content.GetInt32()).ShouldBe(Enumerable.Range(0, 50));
    }

    [Fact]
    public async Task A_client_with_unread_signals_can_be_disposed()
    {
        var deaf = await SignalBrokerClient.ConnectAsync(servers.Options() with { MaxUnreadSignals = 1 }, Token);
        for (var n = 0; n < 5; n++)
        {
            await deaf.SendAsync(deaf.UserId, n, cancellationToken: Token);
        }

        await deaf.DisposeAsync();
        deaf.State.ShouldBeOfType<ClientState.Closed>();
    }

    [Fact]
    public async Task A_throwing_handler_closes_the_client_with_its_message()
    {
        var client = await servers.ConnectAsync();
        client.StateChanged += (_, _) => throw new InvalidDataException("mine");
        await servers.NodeOf(client.Session).RunCtlAsync("close_all_connections", "test");

        var reading = await Should.ThrowAsync<InvalidDataException>(client.NextSignalAsync());
        reading.Message.ShouldBe("mine");
        (
            await Should.ThrowAsync<SignalNotSentException>(client.SendAsync("x", 1, cancellationToken: Token))
        ).Code.ShouldBe(SignalBrokerCode.Closed);
        await client.DisposeAsync();
        client.State.ShouldBeOfType<ClientState.Closed>().Problem.Code.ShouldBe(SignalBrokerCode.ClientFailed);
    }

    [Theory]
    [InlineData("ftp://127.0.0.1", 10, 1)]
    [InlineData("http://127.0.0.1/?", 10, 1)]
    [InlineData("http://127.0.0.1/?a=b", 10, 1)]
    [InlineData("http://127.0.0.1/#", 10, 1)]
    [InlineData("http://127.0.0.1/app#a", 10, 1)]
    [InlineData("http://me@127.0.0.1", 10, 1)]
    [InlineData("http://me:secret@127.0.0.1", 10, 1)]
    [InlineData("http://127.0.0.1", 0.5, 1)]
    [InlineData("http://127.0.0.1", 31, 1)]
    [InlineData("http://127.0.0.1", 10, 0)]
    public async Task An_option_out_of_range_is_an_error_at_once(string url, double heartBeat, int unread) =>
        await Should.ThrowAsync<ArgumentException>(
            SignalBrokerClient.ConnectAsync(
                new()
                {
                    Url = new(url),
                    HeartBeat = TimeSpan.FromSeconds(heartBeat),
                    MaxUnreadSignals = unread,
                },
                Token
            )
        );
}
