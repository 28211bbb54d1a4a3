using System.Net;
using SignalBroker.Client.Tests.Harness;

namespace SignalBroker.Client.Tests.Listening;

/// <summary>A client that has lost its socket is known under the same name again, where the webapp knows how.</summary>
[Collection<ServerTests>]
public sealed class ResumeTests(Servers servers) : IAsyncLifetime
{
    private readonly States states = new();
    private readonly Sockets sockets = new();
    private readonly Connects connects = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await servers.MendAsync();
        connects.Dispose();
    }

    [Theory]
    [InlineData(SocketProtocol.Stomp)]
    [InlineData(SocketProtocol.Mqtt)]
    public async Task Others_know_it_under_the_same_name_and_reach_it_by_that(SocketProtocol protocol)
    {
        servers.SkipUnlessOffered(protocol);
        await using var peer = await servers.ConnectAsync();
        await using var me = await ConnectAsync(Options() with { Protocol = protocol });
        var first = me.Session;

        for (var loss = 0; loss < 2; loss++)
        {
            var before = me.Session;
            sockets.Break();
            await states.NextAsync<ClientState.Reconnecting>();
            var after = (await states.NextAsync<ClientState.Listening>()).Session;
            await servers.KnowAsync(after);

            connects.Asked[^1].ShouldBe(new(before.ListeningKey, null, false));
            (after.UserId, after.Device, after.KnownAs).ShouldBe((first.UserId, first.Device, first.ListeningKey));
            after.ListeningKey.ShouldNotBe(before.ListeningKey);
            await me.SendAsync(peer.UserId, "hello", cancellationToken: Token);
            var hello = await peer.NextSignalAsync();
            hello.FromSession.ShouldBe(first.ListeningKey);
            await peer.SendAsync(Addressee.OfSession(hello.FromSession!), "hello", cancellationToken: Token);
            (await me.NextSignalAsync()).Content.GetString().ShouldBe("hello");
        }

        connects.Asked.Count.ShouldBe(3);
    }

    [Fact]
    public async Task It_says_where_it_would_like_to_listen_whenever_it_asks_for_a_session()
    {
        var place = new ListeningPlace
        {
            Region = "eu",
            Labels = ["ipv6"],
            Near = "a room",
        };
        await using var me = await ConnectAsync(Options() with { Place = place });
        sockets.Break();
        await states.NextAsync<ClientState.Reconnecting>();
        await states.NextAsync<ClientState.Listening>();

        connects.Bodies.Count.ShouldBe(2);
        foreach (var body in connects.Bodies)
        {
            ((string?)body["region"], (string?)body["labels"]![0], (string?)body["near"]).ShouldBe(
                ("eu", "ipv6", "a room")
            );
        }
    }

    [Fact]
    public async Task A_client_whose_session_has_ended_connects_as_the_first_time()
    {
        await using var me = await ConnectAsync(Options());
        var before = me.Session;
        await EndAsync(me);

        await ShouldConnectAnewAsync(me, before);
        connects.Asked.ShouldBe([Usual(me), new(before.ListeningKey, null, false), Usual(me)]);
    }

    [Fact]
    public async Task An_older_webapp_that_refuses_predecessors_is_asked_only_once()
    {
        connects.Refuse((400, SignalBrokerCode.InvalidMember));
        await using var me = await ConnectAsync(Options());
        var before = me.Session;
        sockets.Break();
        await ShouldConnectAnewAsync(me, before);

        var next = me.Session;
        sockets.Break();
        await ShouldConnectAnewAsync(me, next);
        connects.Asked.ShouldBe([Usual(me), new(before.ListeningKey, null, false), Usual(me), Usual(me)]);
    }

    [Fact]
    public async Task An_older_webapp_that_passes_over_predecessors_makes_nobody_else_of_the_client()
    {
        connects.PassesOverPredecessors = true;
        await using var me = await ConnectAsync(Options());
        var before = me.Session;
        sockets.Break();

        await ShouldConnectAnewAsync(me, before);
        connects.Asked.ShouldBe([Usual(me), new(before.ListeningKey, null, false), Usual(me)]);
        // That of somebody without a name.
        connects.Disconnects.ShouldBe(1);
    }

    [Fact]
    public async Task An_older_webapp_that_knows_of_no_names_is_not_asked()
    {
        connects.TellsNoNames = true;
        await using var me = await ConnectAsync(Options());
        var before = me.Session;
        before.KnownAs.ShouldBe(before.ListeningKey);
        sockets.Break();

        await ShouldConnectAnewAsync(me, before);
        connects.Asked.ShouldBe([Usual(me), Usual(me)]);
    }

    [Fact]
    public async Task While_the_webapp_has_no_node_it_is_tried_again()
    {
        connects.Refuse((503, SignalBrokerCode.NoNodeAvailable), (502, "http-502"));
        await using var me = await ConnectAsync(Options());
        var before = me.Session;
        sockets.Break();
        await states.NextAsync<ClientState.Reconnecting>();

        (await states.NextAsync<ClientState.Listening>()).Session.KnownAs.ShouldBe(before.KnownAs);
        connects.Asked.Skip(1).ShouldBe(Enumerable.Repeat(new Asked(before.ListeningKey, null, false), 3));
    }

    [Fact]
    public async Task A_session_that_the_webapp_no_longer_knows_is_not_resumed()
    {
        await using var me = await ConnectAsync(Options());
        var before = me.Session;
        connects.ForgetsSession = true;
        await me.SendAsync(me.UserId, "hello", cancellationToken: Token);

        (await states.NextAsync<ClientState.Reconnecting>()).Problem.Code.ShouldBe(SignalBrokerCode.Unauthorized);
        (await states.NextAsync<ClientState.Listening>()).Session.KnownAs.ShouldNotBe(before.KnownAs);
        connects.Asked.ShouldBe([Usual(me), Usual(me)]);
    }

    // It waits as after any loss, and not for the second request.
    private async Task ShouldConnectAnewAsync(SignalBrokerClient me, SessionInfo before)
    {
        var waits = 0;
        var state = await states.NextAsync();
        while (state is ClientState.Reconnecting reconnecting)
        {
            waits += reconnecting.RetryAt is null ? 0 : 1;
            state = await states.NextAsync();
        }

        waits.ShouldBe(1);
        var after = state.ShouldBeOfType<ClientState.Listening>().Session;
        (after.UserId, after.Device).ShouldBe((before.UserId, before.Device));
        after.KnownAs.ShouldBe(after.ListeningKey);
        after.ListeningKey.ShouldNotBe(before.ListeningKey);
    }

    private static Asked Usual(SignalBrokerClient me) => new(null, me.UserId, true);

    private async Task EndAsync(SignalBrokerClient me)
    {
        using var http = new HttpClient();
        using var end = new HttpRequestMessage(HttpMethod.Post, $"{servers.Webapp.PublicAddress}/disconnect");
        end.Headers.Authorization = me.GetAuthorization();
        (await http.SendAsync(end, Token)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
    }

    private SignalBrokerClientOptions Options() =>
        servers.Options() with
        {
            Device = "phone",
            Token = _ => new("none is needed"),
            Http = new(connects),
            OpenSocket = sockets.OpenAsync,
            StateChanged = states.Add,
        };

    private async Task<SignalBrokerClient> ConnectAsync(SignalBrokerClientOptions options)
    {
        var client = await SignalBrokerClient.ConnectAsync(options, Token);
        await states.NextAsync<ClientState.Listening>();
        // One that was lost before the webapps have heard of it is forgotten.
        await servers.KnowAsync(client.Session);
        return client;
    }
}
