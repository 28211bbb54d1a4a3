using System.Net;
using SignalBroker.LocalCluster;
using SignalBroker.Tests.Harness;
using SignalBroker.Tests.Inbox;
using SignalBroker.Tests.Presence;
using SignalBroker.Tests.Rooms;

namespace SignalBroker.Tests.Threats;

/// <summary>Where users see themselves only, a room tells nothing of which of its members listen.</summary>
[Collection<HiddenCollection>]
public sealed class HiddenMembersTests(HiddenClusters clusters)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private Api Api => clusters.ApiOf("Nobody");

    [Fact]
    public async Task A_full_inbox_refuses_what_is_sent_ifOffline_to_a_member_who_listens_as_well()
    {
        var alice = await Api.ConnectAsync();
        await using var bob = await Listener.StartAsync(Api);
        var carol = await Api.ConnectAsync();
        var room = (await Api.CreateRoomAsync(alice)).Text("room")!;
        string[] members = [await Api.JoinRoomAsync(bob.Session, room), await Api.JoinRoomAsync(carol, room)];

        foreach (var member in members)
        {
            var stored = await SendAsync(alice, room, member, "ifOffline");
            stored.Json.Text("outcome").ShouldBe("stored", stored.Body);
        }

        (await Api.ReadInboxAsync(bob.Session)).Sequences.ShouldBe([1]);
        foreach (var user in (string[])[bob.Session.UserId, carol.UserId])
        {
            await Task.WhenAll(Enumerable.Range(0, 1001).Select(number => Api.StoreAsync(alice, user, number)));
        }

        foreach (var member in members)
        {
            (await SendAsync(alice, room, member, "ifOffline")).Code.ShouldBe("inbox-full");
        }
    }

    [Fact]
    public async Task The_answer_does_not_wait_for_the_node_of_a_member_who_listens()
    {
        var servers = clusters.ServersOf("Nobody");
        // Longer than this test waits.
        var webapp = await servers.AddWebappAsync(
            [new("Broker:ConfirmTimeout", "00:01:00"), new("Broker:ProbeTimeout", "00:01:00")],
            Token
        );
        try
        {
            await servers.AllNodesReadyAsync();
            var api = new Api(webapp.PublicAddress);
            var alice = await api.ConnectAsync();
            await using var bob = await Listener.StartAsync(api);
            var room = (await api.CreateRoomAsync(alice)).Text("room")!;
            var member = await api.JoinRoomAsync(bob.Session, room);

            servers.Nodes[0].Pause();
            try
            {
                var answer = await SendAsync(alice, room, member, api: api)
                    .WaitAsync(Patience, TimeProvider.System, Token);
                answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
                // The members are told of it, and that tells nothing either.
                await api.RoomsAsync(HttpMethod.Post, $"/{room}/leave", alice)
                    .WaitAsync(Patience, TimeProvider.System, Token);
            }
            finally
            {
                servers.Nodes[0].Resume();
            }

            (await bob.ReceiveAsync()).GetProperty("content").GetInt32().ShouldBe(1);
            await bob.ReceiveRoomEventAsync("left");
        }
        finally
        {
            await webapp.StopAsync(Token);
        }
    }

    [Fact]
    public async Task The_limit_of_copies_counts_members_who_are_away_as_well()
    {
        var servers = clusters.ServersOf("Nobody");
        var webapp = await servers.AddWebappAsync([new("Rooms:CopiesPerSecondOfSession", "1")], Token);
        try
        {
            var api = new Api(webapp.PublicAddress);
            await servers.AllNodesReadyAsync();
            var alice = await Api.ConnectAsync();
            var room = (await Api.CreateRoomAsync(alice)).Text("room")!;
            var away = await Api.JoinRoomAsync(await Api.ConnectAsync(), room);

            await Eventually.HoldsAsync(async () =>
                (await SendAsync(alice, room, away, api: api)).Status.ShouldBe(HttpStatusCode.TooManyRequests)
            );
        }
        finally
        {
            await webapp.StopAsync(Token);
        }
    }

    private Task<Answer> SendAsync(
        ConnectedSession sender,
        string room,
        string member,
        string? store = null,
        Api? api = null
    ) =>
        (api ?? Api).ExchangeAsync(
            sender,
            new Dictionary<string, object?>
            {
                ["toRoom"] = room,
                ["toMember"] = member,
                [store is null ? "type" : "store"] = store ?? "greeting",
                ["content"] = 1,
            }
        );
}
