using System.Net;
using System.Text.RegularExpressions;
using SignalBroker.Tests.Harness;
using SignalBroker.Tests.Rooms;

namespace SignalBroker.Tests.Presence;

/// <summary>Who is hidden looks the same, whatever is true of it.</summary>
[Collection<HiddenCollection>]
public sealed partial class HiddenPresenceTests(HiddenClusters clusters)
{
    private readonly string userId = $"user-{Guid.NewGuid()}";

    public static TheoryData<string> Rules => ["SameRoom", "Nobody"];

    [Theory]
    [MemberData(nameof(Rules))]
    public async Task Listeners_and_others_are_hidden_alike(string rule)
    {
        var api = clusters.ApiOf(rule);
        var viewer = await api.ConnectAsync();
        await using var online = await Listener.StartAsync(api, $"{userId}-1", "phone");
        await api.ConnectAsync($"{userId}-2");
        await api.SeesAsync(online.Session, online.Session.UserId, "listening");
        string[] users = [$"{userId}-1", $"{userId}-2", $"{userId}-3"];

        var one = new List<string>();
        foreach (var user in users)
        {
            one.Add(Normal((await api.GetAsync($"/presence/{user}", viewer)).Body));
        }

        one.Distinct().ShouldHaveSingleItem().ShouldBe("""{"userId":"","state":"hidden","devices":[],"asOf":""}""");
        foreach (
            var answer in (Answer[])
                [
                    await api.GetAsync($"/presence?users={string.Join(',', users)}", viewer),
                    await api.PutSubscriptionsAsync(viewer, new { users }),
                ]
        )
        {
            answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
            Normal(answer.Body).ShouldBe($$"""{"presence":[{{string.Join(',', one)}}]}""");
        }

        var listed = await api.GetAsync($"/users?after={userId}", viewer);
        listed.Json.GetProperty("users").EnumerateArray().Select(user => user.User).ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public async Task A_backend_sees_everyone(string rule)
    {
        var api = clusters.ApiOf(rule);
        await using var online = await Listener.StartAsync(api, userId);
        await api.SeesAsync(online.Session, userId, "listening");

        var answer = await api.SendAsync(
            new HttpRequestMessage(HttpMethod.Get, $"/presence/{userId}"),
            new("ServiceKey", clusters.ServiceKey)
        );
        var listed = await api.SendAsync(
            new HttpRequestMessage(HttpMethod.Get, $"/users?after={userId[..^1]}"),
            new("ServiceKey", clusters.ServiceKey)
        );

        answer.Json.State.ShouldBe("listening");
        listed.Json.GetProperty("users")[0].User.ShouldBe(userId);
        (
            await api.SendAsync(
                new HttpRequestMessage(HttpMethod.Get, "/users"),
                new("ServiceKey", new string('0', 64))
            )
        ).Code.ShouldBe("service-key-invalid");
    }

    [Fact]
    public async Task Under_Nobody_a_user_sees_itself_only()
    {
        var api = clusters.ApiOf("Nobody");
        await using var viewer = await Listener.StartAsync(api, userId);
        await api.SubscribeAsync(viewer.Session, userId, $"{userId}-other");
        await using var other = await Listener.StartAsync(api, $"{userId}-other");
        await api.SeesAsync(other.Session, other.Session.UserId, "listening");

        (await api.GetAsync("/users", viewer.Session))
            .Json.GetProperty("users")
            .EnumerateArray()
            .ShouldHaveSingleItem()
            .User.ShouldBe(userId);
        await using var phone = await Listener.StartAsync(api, userId, "phone");
        var told = await viewer.ReceivePresenceAsync();
        // What it was told first, if it listened when it subscribed.
        (told.Devices.Count == 1 ? await viewer.ReceivePresenceAsync() : told).Devices.ShouldBe([
            " listening",
            "phone listening",
        ]);
    }

    [Fact]
    public async Task Under_SameRoom_a_user_sees_and_hears_of_members_of_its_rooms_only()
    {
        var api = clusters.ApiOf("SameRoom");
        await using var viewer = await Listener.StartAsync(api, $"{userId}-1");
        await using var bob = await Listener.StartAsync(api, $"{userId}-2");
        await using var fox = await Listener.StartAsync(api, $"{userId}-3");
        await using var stranger = await Listener.StartAsync(api, $"{userId}-4");
        var room = (await api.CreateRoomAsync(viewer.Session)).Text("room")!;
        await api.JoinRoomAsync(bob.Session, room);
        await viewer.ReceiveRoomEventAsync("joined");
        await api.JoinRoomAsync(fox.Session, room, new { anonymous = true });
        await viewer.ReceiveRoomEventAsync("joined");
        await api.SeesAsync(viewer.Session, bob.Session.UserId, "listening");

        (await api.GetAsync($"/users?after={userId}", viewer.Session))
            .Json.GetProperty("users")
            .EnumerateArray()
            .Select(user => user.User)
            .ShouldBe([$"{userId}-1", $"{userId}-2"]);
        (await api.SubscribeAsync(viewer.Session, $"{userId}-2", $"{userId}-3", $"{userId}-4"))
            .Select(user => user.State)
            .ShouldBe(["listening", "hidden", "hidden"]);

        // Of the hidden ones it hears nothing, until one says who it is and something changes.
        await using var foxPhone = await Listener.StartAsync(api, fox.Session.UserId, "phone");
        await using var strangerPhone = await Listener.StartAsync(api, stranger.Session.UserId, "phone");
        await api.SeesAsync(fox.Session, fox.Session.UserId, "listening");
        await using (
            var bobPhone = await Listener.StartAsync(clusters.ApiOf("SameRoom", 1), bob.Session.UserId, "phone")
        )
        {
            (await viewer.ReceivePresenceAsync()).User.ShouldBe(bob.Session.UserId);
        }

        (await viewer.ReceivePresenceAsync()).Devices.ShouldBe([" listening"]);
        await api.RoomsAsync(HttpMethod.Post, $"/{room}/reveal", fox.Session);
        await viewer.ReceiveRoomEventAsync("revealed");
        await using var foxLaptop = await Listener.StartAsync(api, fox.Session.UserId, "laptop");
        var revealed = await viewer.ReceivePresenceAsync();
        revealed.User.ShouldBe(fox.Session.UserId);
        revealed.Devices.ShouldContain("laptop listening");
    }

    private static string Normal(string body) => Varying().Replace(body, "\"${name}\":\"\"");

    [GeneratedRegex("\"(?<name>userId|asOf)\":\"[^\"]*\"", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Varying();
}
