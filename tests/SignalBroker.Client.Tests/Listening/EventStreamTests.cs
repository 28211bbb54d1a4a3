using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using SignalBroker.Client.Tests.Harness;

namespace SignalBroker.Client.Tests.Listening;

/// <summary>Listening where WebSockets are blocked.</summary>
[Collection<ServerTests>]
public sealed class EventStreamTests(Servers servers) : IAsyncLifetime
{
    private readonly States states = new();
    private readonly Requests requests = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await servers.MendAsync();
        requests.Dispose();
    }

    [Fact]
    public async Task Signals_arrive_as_events()
    {
        await using var me = await ConnectAsync(ListensBy.ServerSentEvents);
        (await states.NextAsync<ClientState.Listening>()).By.ShouldBe(ListensBy.ServerSentEvents);

        var content = JsonElement.Parse("{\n  \"text\": \"<é>\",\r\n  \"list\": [1, 2]\n}");
        var sent = await me.SendAsync(me.UserId, content, cancellationToken: Token);
        await me.SendAsync(me.UserId, "next", cancellationToken: Token);

        sent.Sessions.ShouldBe([new(me.Session.ListeningKey, null, Outcome.Queued)]);
        JsonElement.DeepEquals((await me.NextSignalAsync()).Content, content).ShouldBeTrue();
        (await me.NextSignalAsync()).Content.GetString().ShouldBe("next");
        requests.Count("/ws").ShouldBe(0);
    }

    [Fact]
    public async Task A_client_whose_WebSockets_are_blocked_listens_to_events_and_says_so()
    {
        requests.BlocksWebSockets = true;
        await using var me = await ConnectAsync(listen: null);

        var listening = await states.NextAsync<ClientState.Listening>();
        listening.By.ShouldBe(ListensBy.ServerSentEvents);
        // Two for WebSockets, by every protocol that the node offers.
        requests.Count("/connect").ShouldBe(3);
        await me.SendAsync(me.UserId, "next", cancellationToken: Token);
        (await me.NextSignalAsync()).Content.GetString().ShouldBe("next");
    }

    [Fact]
    public async Task A_node_that_refuses_does_not_block_WebSockets()
    {
        using var ending = new SessionEnding(requests, sessions: 2);
        await using var me = await SignalBrokerClient.ConnectAsync(
            servers.Options() with
            {
                Http = new(ending),
                StateChanged = states.Add,
            },
            Token
        );

        (await states.NextAsync<ClientState.Listening>()).By.ShouldBe(ListensBy.WebSocket);
        requests.Count("/ws").ShouldBe(3);
        requests.Count("/listen").ShouldBe(0);
    }

    [Fact]
    public async Task A_stream_that_ends_with_its_webapp_comes_back_with_it_and_the_next_signal_arrives()
    {
        await using var me = await ConnectAsync(ListensBy.ServerSentEvents);
        var before = (await states.NextAsync<ClientState.Listening>()).Session;

        await servers.Webapp.StopAsync(Token);
        (await states.NextAsync<ClientState.Reconnecting>()).Problem.Code.ShouldBe(SignalBrokerCode.ListeningLost);
        var sending = me.SendAsync(me.UserId, "next", new() { TimeToLive = TimeSpan.FromSeconds(60) }, Token);
        await servers.Webapp.StartAsync(Token);

        var after = await states.NextAsync<ClientState.Listening>();
        after.By.ShouldBe(ListensBy.ServerSentEvents);
        after.Session.ListeningKey.ShouldNotBe(before.ListeningKey);
        await sending;
        (await me.NextSignalAsync()).Content.GetString().ShouldBe("next");
    }

    [Fact]
    public async Task A_stream_whose_node_is_killed_comes_back_on_another()
    {
        await using var me = await ConnectAsync(ListensBy.ServerSentEvents);
        var before = (await states.NextAsync<ClientState.Listening>()).Session;

        await servers.NodeOf(before).KillAsync();

        await states.NextAsync<ClientState.Reconnecting>();
        var after = (await states.NextAsync<ClientState.Listening>()).Session;
        after.ListeningAddress.ShouldNotBe(before.ListeningAddress);
        var sent = await me.SendAsync(me.UserId, "next", cancellationToken: Token);
        sent.Sessions.ShouldContain(new Delivery(after.KnownAs, null, Outcome.Queued));
        (await me.NextSignalAsync()).Content.GetString().ShouldBe("next");
    }

    [Fact]
    public async Task A_reader_that_does_not_read_loses_nothing()
    {
        await using var me = await SignalBrokerClient.ConnectAsync(
            servers.Options() with
            {
                Listen = ListensBy.ServerSentEvents,
                MaxUnreadSignals = 3,
            },
            Token
        );
        for (var n = 0; n < 30; n++)
        {
            await me.SendAsync(me.UserId, n, cancellationToken: Token);
        }

        (await me.NextSignalsAsync(30)).Select(signal => signal.Content.GetInt32()).ShouldBe(Enumerable.Range(0, 30));
    }

    private Task<SignalBrokerClient> ConnectAsync(ListensBy? listen) =>
        SignalBrokerClient.ConnectAsync(
            servers.Options() with
            {
                Listen = listen,
                Http = new(requests),
                StateChanged = states.Add,
            },
            Token
        );

    /// <summary>Ends the first sessions before their sockets are opened, so that their node refuses them.</summary>
    private sealed class SessionEnding(HttpMessageHandler inner, int sessions) : DelegatingHandler(inner)
    {
        private int left = sessions;
        private Uri? webapp;
        private AuthenticationHeaderValue? last;

        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken
        )
        {
            if (request.RequestUri!.AbsolutePath == "/ws" && left-- > 0)
            {
                using var end = new HttpRequestMessage(HttpMethod.Post, new Uri(webapp!, "/disconnect"));
                end.Headers.Authorization = last;
                (await base.SendAsync(end, cancellationToken)).EnsureSuccessStatusCode();
            }

            var response = await base.SendAsync(request, cancellationToken);
            if (request.RequestUri.AbsolutePath == "/connect")
            {
                webapp = request.RequestUri;
                var session = JsonElement.Parse(await response.Content.ReadAsStringAsync(cancellationToken));
                var credential = $"{session.GetProperty("listeningKey")}:{session.GetProperty("passcode")}";
                last = new("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes(credential)));
            }

            return response;
        }
    }
}
