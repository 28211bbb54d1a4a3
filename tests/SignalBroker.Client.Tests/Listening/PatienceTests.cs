using System.Net;
using System.Net.Sockets;
using SignalBroker.Client.Listening;
using SignalBroker.Client.Tests.Harness;

namespace SignalBroker.Client.Tests.Listening;

/// <summary>What a client says, and does, while it waits for somebody who does not answer.</summary>
[Collection<ServerTests>]
public sealed class PatienceTests(Servers servers) : IDisposable
{
    private const string Unconfirmed = "The server has not confirmed the subscription yet.";

    private readonly ManualClock clock = new();
    private readonly States states = new();
    private readonly Requests requests = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => requests.Dispose();

    [Fact]
    public async Task A_missing_token_is_reported_within_ten_seconds_and_connecting_can_be_cancelled()
    {
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var never = new TaskCompletionSource<string>();
        var connecting = SignalBrokerClient.ConnectAsync(Options() with { Token = _ => new(never.Task) }, giveUp.Token);

        await AdvanceAsync(TimeSpan.FromSeconds(10));

        var waiting = await states.NextAsync<ClientState.Connecting>(state => state.Problem is not null);
        waiting.Problem!.Code.ShouldBe(SignalBrokerCode.TokenUnavailable);
        await giveUp.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(connecting);
    }

    [Fact]
    public async Task An_unresponsive_server_is_reported_within_ten_seconds()
    {
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(Token);
        using var silence = new Silence();
        var connecting = SignalBrokerClient.ConnectAsync(Options() with { Http = new(silence) }, giveUp.Token);

        await AdvanceAsync(TimeSpan.FromSeconds(10));

        var waiting = await states.NextAsync<ClientState.Connecting>(state => state.Problem is not null);
        waiting.ShouldBe(new(new(SignalBrokerCode.Unreachable, "The server has not answered yet."), null));
        await giveUp.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(connecting);
    }

    [Fact]
    public async Task A_client_gives_up_at_its_connect_timeout_and_says_why()
    {
        using var silence = new Silence();
        var connecting = SignalBrokerClient.ConnectAsync(
            Options() with
            {
                Http = new(silence),
                ConnectTimeout = TimeSpan.FromSeconds(3),
            },
            Token
        );

        await AdvanceAsync(TimeSpan.FromSeconds(3));

        var given = await Should.ThrowAsync<ListeningFailedException>(connecting);
        given.Code.ShouldBe(SignalBrokerCode.Unreachable);
        given.Message.ShouldBe("Not connected after 3 s. The server has not answered yet.");
    }

    [Fact]
    public async Task Events_flow_within_five_seconds_where_WebSockets_are_swallowed()
    {
        var begun = clock.GetTimestamp();
        var opening = new TaskCompletionSource();
        var connecting = SignalBrokerClient.ConnectAsync(
            Options() with
            {
                Http = new(requests),
                OpenSocket = async (_, cancellationToken) =>
                {
                    opening.TrySetResult();
                    await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
                    return Stream.Null;
                },
            },
            Token
        );

        await opening.Task.WaitAsync(Token);
        clock.Advance(TimeSpan.FromSeconds(4));
        await using var me = await connecting;

        (await states.NextAsync<ClientState.Listening>()).By.ShouldBe(ListensBy.ServerSentEvents);
        clock.GetElapsedTime(begun).ShouldBeLessThan(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task A_node_that_has_answered_has_its_usual_time_for_the_rest()
    {
        using var held = new HeldSubscription();
        var connecting = SignalBrokerClient.ConnectAsync(Options() with { OpenSocket = held.OpenAsync }, Token);
        (await states.NextAsync()).ShouldBe(new ClientState.Connecting(null, null));

        await held.Arriving.WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System, Token);
        clock.Advance(TimeSpan.FromSeconds(5));
        held.Release();

        (await states.NextAsync()).ShouldBeOfType<ClientState.Listening>().By.ShouldBe(ListensBy.WebSocket);
        await (await connecting).DisposeAsync();
    }

    [Fact]
    public async Task A_node_that_never_confirms_is_given_up()
    {
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(Token);
        using var held = new HeldSubscription();
        var connecting = SignalBrokerClient.ConnectAsync(Options() with { OpenSocket = held.OpenAsync }, giveUp.Token);

        await held.Arriving.WaitAsync(Token);
        clock.Advance(WayChoice.Usual);

        var waiting = await states.NextAsync<ClientState.Connecting>(state => state.RetryAt is not null);
        waiting.Problem!.Reason.ShouldBe("The node did not confirm in time.");
        await giveUp.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(connecting);
    }

    [Fact]
    public async Task A_client_closed_by_its_handler_opens_no_more_sessions()
    {
        using var held = new HeldSubscription();
        Socket? first = null;
        await using var me = await SignalBrokerClient.ConnectAsync(
            Options() with
            {
                Http = new(requests),
                OpenSocket = async (address, cancellationToken) =>
                {
                    if (first is not null)
                    {
                        return await held.OpenAsync(address, cancellationToken);
                    }

                    first = await Connect.ToAsync(address, cancellationToken);
                    return new NetworkStream(first, ownsSocket: true);
                },
                StateChanged = state =>
                {
                    states.Add(state);
                    if (state is ClientState.Reconnecting { Problem.Reason: Unconfirmed })
                    {
                        throw new InvalidDataException("mine");
                    }
                },
            },
            Token
        );
        first!.Shutdown(SocketShutdown.Both);
        await states.NextAsync<ClientState.Reconnecting>(state => state.RetryAt is not null);
        // The pulse, and the wait.
        await clock.HasTimersAsync(2);
        clock.Advance(TimeSpan.FromSeconds(0.5));
        await held.Arriving.WaitAsync(Token);
        // The pulse, the node's time, and the time until the state tells.
        await clock.HasTimersAsync(3);
        clock.Advance(TimeSpan.FromSeconds(8));

        (await me.Closed.WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System, Token)).ShouldBe(
            new(SignalBrokerCode.ClientFailed, "mine")
        );
        requests.Count("/disconnect").ShouldBe(1);
    }

    [Fact]
    public async Task A_web_page_is_not_taken_for_an_event_stream()
    {
        requests.Gateway.Enqueue(("/listen", HttpStatusCode.OK));

        await using var me = await SignalBrokerClient.ConnectAsync(
            servers.Options() with
            {
                Listen = ListensBy.ServerSentEvents,
                Http = new(requests),
                StateChanged = states.Add,
            },
            Token
        );

        var waiting = await states.NextAsync<ClientState.Connecting>(state => state.RetryAt is not null);
        waiting.Problem!.Reason.ShouldContain("Something on the way answered /listen with text/plain");
        requests.Count("/listen").ShouldBe(2);
    }

    private SignalBrokerClientOptions Options() =>
        servers.Options() with
        {
            StateChanged = states.Add,
            TimeProvider = clock,
        };

    // Whoever waits has a timer.
    private async Task AdvanceAsync(TimeSpan by)
    {
        (await states.NextAsync()).ShouldBe(new ClientState.Connecting(null, null));
        await clock.HasTimersAsync(1);
        clock.Advance(by);
    }

    /// <summary>A server that takes requests and never answers.</summary>
    private sealed class Silence : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken
        )
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            return new(HttpStatusCode.OK);
        }
    }
}
