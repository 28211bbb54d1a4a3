using System.Net;
using SignalBroker.Tests.Harness;
using SignalBroker.Tests.Inbox;
using SignalBroker.Tests.Presence;
using SignalBroker.Tests.Rooms;
using SignalBroker.Tests.Users;

namespace SignalBroker.Tests.Threats;

/// <summary>A user may bear any name that an issuer gives, wherever the name goes.</summary>
public sealed class StrangeUserIdTests(TestCluster cluster)
{
    private readonly string some = Guid.NewGuid().ToString("N");

    public static TheoryData<string> Names =>
        [
            "auth0|",
            @"CORP\",
            "https://id.example/u/?a=b&c=d#",
            "o'brien;--",
            "{0}$1*(x)[y]^`~!",
            "Jürgen",
            "Ju\u0308rgen",
            "王小明𠮷",
            "..",
        ];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task It_can_be_sent_to_asked_for_watched_and_met_in_a_room(string name)
    {
        var api = cluster.Api;
        var asked = name + some;
        var userId = asked.Replace("u\u0308", "ü", StringComparison.Ordinal);
        await using var alice = await Listener.StartAsync(api);
        await using var bob = await Listener.StartAsync(api, asked, "Jürgens|phone");
        bob.Session.UserId.ShouldBe(userId);

        var sent = await api.ExchangeAsync(alice.Session, new { to = asked, content = 1 });
        sent.Outcomes.ShouldBe([(bob.Key, "queued")]);
        (await bob.ReceiveAsync()).GetProperty("to").GetString().ShouldBe(userId);
        var answered = await api.ExchangeAsync(bob.Session, new { to = alice.Session.UserId, content = 2 });
        answered.Status.ShouldBe(HttpStatusCode.OK, answered.Body);
        (await alice.ReceiveAsync()).GetProperty("from").GetString().ShouldBe(userId);
        await api.StoreAsync(alice.Session, asked, 3);
        (await bob.ReceiveAsync()).GetProperty("content").GetInt32().ShouldBe(3);

        await api.SeesAsync(alice.Session, userId, "listening");
        var escaped = Uri.EscapeDataString(asked);
        foreach (
            var path in (string[])
                [$"/presence/{escaped}", $"/presence?users={escaped}", $"/users?limit=1&after={escaped}"]
        )
        {
            var answer = await api.GetAsync(path, alice.Session);
            answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
            if (!path.StartsWith("/users", StringComparison.Ordinal))
            {
                answer.Body.ShouldContain("\"listening\"");
            }
        }

        var room = (await api.CreateRoomAsync(bob.Session)).Text("room")!;
        await api.JoinRoomAsync(alice.Session, room);
        await bob.ReceiveRoomEventAsync("joined");
        var members = await api.RoomsAsync(HttpMethod.Get, $"/{room}/members", alice.Session);
        members.Json.GetProperty("members")[0].GetProperty("userId").GetString().ShouldBe(userId);
    }

    [Fact]
    public async Task Its_changes_are_announced_however_long_it_is()
    {
        var api = cluster.Api;
        var userId = some + string.Concat(Enumerable.Repeat("𠮷", 255 - some.Length));
        await using var alice = await Listener.StartAsync(api);
        var bobs = new List<Listener>();
        for (var number = 0; number < 8; number++)
        {
            bobs.Add(await Listener.StartAsync(api, userId, $"device-{number}"));
        }

        var sent = await api.ExchangeAsync(alice.Session, new { to = userId, content = 1 });
        sent.Outcomes.Count.ShouldBe(8);
        await Task.WhenAll(bobs.Select(bob => bob.DisposeAsync().AsTask()));
        await api.SeesAsync(alice.Session, userId, "away");
    }
}
