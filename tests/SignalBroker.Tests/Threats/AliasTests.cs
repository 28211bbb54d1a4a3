using System.Net;
using SignalBroker.Identity;
using SignalBroker.Rooms;
using SignalBroker.Sessions;
using SignalBroker.Tests.Harness;
using SignalBroker.Tests.Rooms;

namespace SignalBroker.Tests.Threats;

/// <summary>An alias is the name of one member, for people and not only for machines.</summary>
public sealed class AliasTests(TestCluster cluster)
{
    [Theory]
    [InlineData("Ärger", "äRGER")]
    [InlineData("Ärger", "A\u0308rger")]
    [InlineData("Straße", "STRASSE")]
    [InlineData("ΣΟΦΟΣ", "σοφος")]
    [InlineData("σοφος", "σοφοσ")]
    [InlineData("Fox", "F\u200box")]
    [InlineData("Fox", "F\u00adox")]
    [InlineData("Fox", "Fo\u2060x\u200f")]
    [InlineData("Fox", "Ｆｏｘ")]
    [InlineData("Fox", "𝐅𝐨𝐱")]
    [InlineData("office", "oﬃce")]
    [InlineData("Red Fox", "Red\u00a0\u00a0Fox")]
    [InlineData("Alice", "Аlice")]
    [InlineData("Alice", "AIice")]
    [InlineData("Alice", "А1ісе")]
    [InlineData("BOSS", "B0SS")]
    [InlineData("Ivan", "Іνаn")]
    public void Names_that_look_the_same_are_the_same(string one, string other) =>
        RoomNames.KeyOf(one).ShouldBe(RoomNames.KeyOf(other));

    [Theory]
    [InlineData("Jürgen", "Jurgen")]
    [InlineData("Владимир", "Vladimir")]
    [InlineData("Fox 2", "Fox 3")]
    [InlineData("王", "玉")]
    [InlineData("RedFox", "Red Fox")]
    public void Names_that_do_not_are_not(string one, string other) =>
        RoomNames.KeyOf(one).ShouldNotBe(RoomNames.KeyOf(other));

    [Theory]
    [InlineData("\u200b\u2060")]
    [InlineData("\u3164")]
    public void A_name_that_nobody_sees_is_none(string text) => RoomNames.IsAlias(text).ShouldBeFalse();

    [Fact]
    public void A_character_counts_once_whatever_it_is_made_of()
    {
        RoomNames.IsAlias(string.Concat(Enumerable.Repeat("🦊", 64))).ShouldBeTrue();
        RoomNames.IsAlias(string.Concat(Enumerable.Repeat("🦊", 65))).ShouldBeFalse();
    }

    [Fact]
    public async Task A_name_is_taken_by_an_alias_and_by_the_user_id_of_whoever_shows_it()
    {
        var api = cluster.Api;
        var some = Guid.NewGuid().ToString("N");
        var alice = await api.ConnectAsync($"Jürgen{some}");
        var room = (await api.CreateRoomAsync(alice, new { open = true, alias = "Füchsin" })).Text("room")!;
        await api.JoinRoomAsync(await api.ConnectAsync($"Wolf{some}"), room, new { anonymous = true, alias = "Owl" });

        foreach (var alias in (string[])["FÜCHSIN", "fu\u0308chsin", $"ju\u0308RGEN{some}", "0wl", "O\u200bwl"])
        {
            (await JoinAsync(alias)).Code.ShouldBe("alias-taken", alias);
        }

        // Or it would tell who the owl is.
        (await JoinAsync($"wolf{some}")).Status.ShouldBe(HttpStatusCode.OK);

        async Task<Answer> JoinAsync(string alias) =>
            await api.RoomsAsync(HttpMethod.Post, $"/{room}/join", await api.ConnectAsync(), new { alias });
    }

    [Fact]
    public async Task An_emoji_counts_once_in_an_alias_a_title_a_type_and_an_id()
    {
        var api = cluster.Api;
        var text = string.Concat(Enumerable.Repeat("🦊", 64));
        await using var alice = await Listener.StartAsync(api);
        var room = (
            await api.CreateRoomAsync(
                alice.Session,
                new
                {
                    open = true,
                    name = text,
                    alias = text,
                }
            )
        ).Text("room")!;
        room.ShouldNotBeNull();

        foreach (var name in (string[])["type", "id"])
        {
            (await SendAsync(name, text)).Status.ShouldBe(HttpStatusCode.OK);
            (await alice.ReceiveAsync()).GetProperty(name).GetString().ShouldBe(text);
            (await SendAsync(name, text + "🦊")).Code.ShouldBe("invalid-member");
        }

        Task<Answer> SendAsync(string name, string value) =>
            api.ExchangeAsync(
                alice.Session,
                new Dictionary<string, object>
                {
                    ["to"] = alice.Session.UserId,
                    [name] = value,
                    ["content"] = 1,
                }
            );
    }
}
