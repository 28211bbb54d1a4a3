using System.Net;
using SignalBroker.Tests.Harness;
using SignalBroker.Tests.Inbox;
using SignalBroker.Tests.Rooms;

namespace SignalBroker.Tests.Threats;

/// <summary>Whoever fills somebody's inbox leaves room for the friends.</summary>
[Collection<UsualLimitsCollection>]
public sealed class CrowdedInboxTests(UsualLimits usual)
{
    private readonly string bob = $"bob-{Guid.NewGuid():N}";

    [Fact]
    public async Task A_stranger_gets_a_quarter_of_an_inbox_and_a_friend_fits()
    {
        var stranger = From("127.0.6.1");
        var session = await stranger.ConnectAsync();

        var stored = await FillAsync(stranger, () => Task.FromResult(session));

        stored.ShouldBe(250);
        var friend = From("127.0.6.1");
        (await friend.StoreAsync(await friend.ConnectAsync(), bob, "hello")).ShouldBeStored();
    }

    [Fact]
    public async Task A_stranger_with_many_names_gets_half_of_an_inbox_and_friends_elsewhere_fit()
    {
        var stranger = From("127.0.6.2");

        var stored = await FillAsync(stranger, () => stranger.ConnectAsync());

        stored.ShouldBe(500);
        var friend = From("127.0.6.3");
        var session = await friend.ConnectAsync();
        for (var number = 0; number < 100; number++)
        {
            (await friend.StoreAsync(session, bob, number)).ShouldBeStored();
        }
    }

    [Fact]
    public async Task However_many_addresses_fill_an_inbox_half_of_the_rest_is_left_to_the_next()
    {
        foreach (var address in Enumerable.Range(10, 5))
        {
            var stranger = From($"127.0.6.{address}");
            await FillAsync(stranger, () => stranger.ConnectAsync());
        }

        var friend = From("127.0.6.20");
        (await friend.StoreAsync(await friend.ConnectAsync(), bob, "hello")).ShouldBeStored();
    }

    [Fact]
    public async Task The_bytes_of_an_inbox_are_shared_in_the_same_way()
    {
        var stranger = From("127.0.6.4");
        var large = new string('x', 60_000);

        var stored = await FillAsync(stranger, () => stranger.ConnectAsync(), large);

        // Half of 8 MiB.
        stored.ShouldBeInRange(67, 70);
        var friend = From("127.0.6.5");
        (await friend.StoreAsync(await friend.ConnectAsync(), bob, large)).ShouldBeStored();
    }

    [Fact]
    public async Task A_stranger_hears_the_same_through_the_socket_and_in_a_room()
    {
        var api = From("127.0.6.6");
        await using var stranger = await Listener.StartAsync(api);
        await FillAsync(api, () => Task.FromResult(stranger.Session));

        await stranger.SendAsync(
            new
            {
                id = "1",
                to = bob,
                store = "always",
                content = 1,
            }
        );

        var error = (await stranger.ReceiveAsync()).GetProperty("content");
        error.GetProperty("code").GetString().ShouldBe("inbox-share-used");
        var room = (await api.CreateRoomAsync(stranger.Session)).Text("room")!;
        await api.JoinRoomAsync(await api.ConnectAsync(bob), room);
        var request = new
        {
            toRoom = room,
            store = "always",
            content = 1,
        };
        (await api.ExchangeAsync(stranger.Session, request)).Code.ShouldBe("inbox-share-used");
        await api.JoinRoomAsync(await api.ConnectAsync($"{bob}-too"), room);
        var answer = (await api.ExchangeAsync(stranger.Session, request)).Json;
        (answer.GetProperty("stored").GetInt32(), answer.GetProperty("full").GetInt32()).ShouldBe((1, 1));
    }

    private Api From(string address) => new(usual.Servers.Webapps[0].PublicAddress, IPAddress.Parse(address));

    // Stores until nothing more is taken.
    private async Task<int> FillAsync(Api api, Func<Task<ConnectedSession>> senderAsync, object? content = null)
    {
        for (var stored = 0; ; stored++)
        {
            var answer = await api.StoreAsync(await senderAsync(), bob, content ?? 1);
            if (answer.Status != HttpStatusCode.OK)
            {
                answer.Status.ShouldBe(HttpStatusCode.Conflict, answer.Body);
                answer.Code.ShouldBe("inbox-share-used");
                return stored;
            }
        }
    }
}
