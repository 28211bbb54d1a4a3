using System.Net;
using SignalBroker.Tests.Harness;
using SignalBroker.Tests.Inbox;
using SignalBroker.Tests.Presence;
using SignalBroker.Tests.Rooms;

namespace SignalBroker.Tests.Threats;

/// <summary>Sending to somebody whom the sender may not see tells nothing of whether that user listens.</summary>
[Collection<HiddenCollection>]
public sealed class HiddenExchangeTests(HiddenClusters clusters)
{
    private readonly string userId = $"user-{Guid.NewGuid()}";

    public static TheoryData<string> Rules => ["SameRoom", "Nobody"];

    [Theory]
    [MemberData(nameof(Rules))]
    public async Task The_answers_for_who_listens_and_who_does_not_are_the_same_byte_for_byte(string rule)
    {
        var api = clusters.ApiOf(rule);
        await using var alice = await Listener.StartAsync(api);
        await using var online = await Listener.StartAsync(api, $"{userId}-online", "phone");
        var offline = await api.ConnectAsync($"{userId}-offline");
        await api.SeesAsync(online.Session, online.Session.UserId, "listening");
        string[] users = [online.Session.UserId, offline.UserId, $"{userId}-never"];
        string[] sessions = [online.Key, offline.ListeningKey, $"s.{new string('A', online.Key.Length - 2)}"];

        await AreTheSameAsync(
            "accepted",
            users,
            to => new
            {
                id = "1",
                to,
                content = 1,
            }
        );
        await AreTheSameAsync(
            "accepted",
            users,
            to => new
            {
                id = "2",
                to,
                device = "phone",
                content = 2,
            }
        );
        await AreTheSameAsync(
            "accepted",
            users,
            to => new
            {
                id = "3",
                to,
                device = "tablet",
                content = 3,
            }
        );
        await AreTheSameAsync(
            "accepted",
            sessions,
            toSession => new
            {
                id = "4",
                toSession,
                content = 4,
            }
        );
        await AreTheSameAsync(
            "stored",
            users,
            to => new
            {
                id = $"5-{to}"[..3],
                to,
                store = "always",
                content = 5,
            }
        );
        await AreTheSameAsync(
            "stored",
            users,
            to => new
            {
                id = $"6-{to}"[..3],
                to,
                store = "ifOffline",
                content = 6,
            }
        );

        var (plain, stored) = (new List<int>(), new List<int>());
        for (var count = 0; count < 5; count++)
        {
            var envelope = await online.ReceiveAsync();
            (envelope.TryGetProperty("sequence", out _) ? stored : plain).Add(
                envelope.GetProperty("content").GetInt32()
            );
        }

        // One sender's keep their order.
        plain.ShouldBe([1, 2, 4]);
        // Also the one with 'ifOffline': the sequences of others would tell whether it was stored.
        stored.ShouldBe([5, 6]);

        async Task AreTheSameAsync(string outcome, string[] addressees, Func<string, object> request)
        {
            var answers = new List<string>();
            foreach (var addressee in addressees)
            {
                // A sender's id is good for one stored signal.
                var sender = outcome == "stored" ? await api.ConnectAsync() : alice.Session;
                var answer = await api.ExchangeAsync(sender, request(addressee));
                answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
                answer.Json.GetProperty("outcome").GetString().ShouldBe(outcome);
                answer.Json.GetProperty("sessions").GetArrayLength().ShouldBe(0);
                var headers = answer.Headers.Where(header => header.Key != "Date");
                answers.Add(
                    $"{string.Join(';', headers.Select(header => $"{header.Key}={string.Join(',', header.Value)}"))} {answer.Body}"
                );
            }

            answers.Distinct().ShouldHaveSingleItem();
        }
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public async Task So_are_they_through_the_socket(string rule)
    {
        var api = clusters.ApiOf(rule);
        await using var alice = await Listener.StartAsync(api);
        await using var online = await Listener.StartAsync(api, $"{userId}-online");
        var offline = await api.ConnectAsync($"{userId}-offline");
        var answers = new List<string>();
        foreach (
            var addressee in (object[])
                [
                    new
                    {
                        id = "1",
                        to = online.Session.UserId,
                        content = 1,
                    },
                    new
                    {
                        id = "1",
                        to = offline.UserId,
                        content = 1,
                    },
                    new
                    {
                        id = "1",
                        to = $"{userId}-never",
                        content = 1,
                    },
                    new
                    {
                        id = "1",
                        toSession = online.Key,
                        content = 2,
                    },
                    new
                    {
                        id = "1",
                        toSession = offline.ListeningKey,
                        content = 2,
                    },
                ]
        )
        {
            await alice.SendAsync(addressee);
            var envelope = await alice.ReceiveAsync();
            envelope.GetProperty("type").GetString().ShouldBe("outcome");
            answers.Add(envelope.GetProperty("content").GetRawText());
        }

        answers.Distinct().ShouldHaveSingleItem().ShouldBe("""{"id":"1","outcome":"accepted","sessions":[]}""");
        (await online.ReceiveAsync()).GetProperty("content").GetInt32().ShouldBe(1);
        (await online.ReceiveAsync()).GetProperty("content").GetInt32().ShouldBe(2);
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public async Task A_user_sees_its_own_devices_and_an_application_everyone(string rule)
    {
        var api = clusters.ApiOf(rule);
        await using var online = await Listener.StartAsync(api, userId);
        var other = await api.ConnectAsync(userId);

        (await api.ExchangeAsync(other, new { to = userId, content = 1 })).Outcomes.ShouldBe([(online.Key, "queued")]);
        (await api.ExchangeAsync(other, new { toSession = online.Key, content = 1 })).Outcomes.ShouldBe([
            (online.Key, "queued"),
        ]);
        (
            await api.PostAsync("/exchange", new { to = userId, content = 1 }, new("ServiceKey", clusters.ServiceKey))
        ).Outcomes.ShouldBe([(online.Key, "queued")]);
        (
            await api.PostAsync(
                "/exchange",
                new { to = $"{userId}-no", content = 1 },
                new("ServiceKey", clusters.ServiceKey)
            )
        ).Code.ShouldBe("user-not-listening");
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public async Task Signals_keep_their_order_and_a_receipt_comes(string rule)
    {
        var api = clusters.ApiOf(rule);
        await using var alice = await Listener.StartAsync(api);
        await using var bob = await Listener.StartAsync(api, userId);
        for (var number = 0; number < 50; number++)
        {
            await api.ExchangeAsync(alice.Session, new { to = userId, content = number });
        }

        for (var number = 0; number < 50; number++)
        {
            (await bob.ReceiveAsync()).GetProperty("content").GetInt32().ShouldBe(number);
        }

        await api.StoreAsync(alice.Session, userId, 1, id: "r", receipt: "delivered");
        var stored = await bob.ReceiveAsync();
        await api.SettleAsync(bob.Session, new { upTo = stored.Sequence });
        var receipt = await alice.ReceiveAsync();
        receipt.GetProperty("type").GetString().ShouldBe("receipt");
        receipt.GetProperty("content").GetProperty("id").GetString().ShouldBe("r");
    }

    [Fact]
    public async Task Whoever_is_in_a_room_with_the_sender_is_seen_unless_anonymously()
    {
        var api = clusters.ApiOf("SameRoom");
        await using var alice = await Listener.StartAsync(api);
        await using var bob = await Listener.StartAsync(api, $"{userId}-bob");
        await using var fox = await Listener.StartAsync(api, $"{userId}-fox");
        var room = (await api.CreateRoomAsync(bob.Session)).Text("room")!;
        await api.JoinRoomAsync(fox.Session, room, new { anonymous = true, alias = "Fox" });
        await api.JoinRoomAsync(alice.Session, room);

        var toBob = await api.ExchangeAsync(alice.Session, new { to = bob.Session.UserId, content = 1 });
        toBob.Outcomes.ShouldBe([(bob.Key, "queued")]);
        (await api.ExchangeAsync(alice.Session, new { toSession = bob.Key, content = 1 })).Outcomes.ShouldBe([
            (bob.Key, "queued"),
        ]);
        var toFox = await api.ExchangeAsync(alice.Session, new { to = fox.Session.UserId, content = 1 });
        toFox.Json.GetProperty("outcome").GetString().ShouldBe("accepted");
        // Fox, who is anonymous, sees the others.
        (await api.ExchangeAsync(fox.Session, new { to = bob.Session.UserId, content = 1 })).Outcomes.ShouldBe([
            (bob.Key, "queued"),
        ]);

        await api.RoomsAsync(HttpMethod.Post, $"/{room}/leave", alice.Session);
        var after = await api.ExchangeAsync(alice.Session, new { to = bob.Session.UserId, content = 1 });
        after.Json.GetProperty("outcome").GetString().ShouldBe("accepted");
    }

    [Fact]
    public async Task Under_Nobody_a_room_does_not_tell_who_listens_either()
    {
        var api = clusters.ApiOf("Nobody");
        var alice = await api.ConnectAsync();
        var room = (await api.CreateRoomAsync(alice)).Text("room")!;
        await using var bob = await Listener.StartAsync(api);
        var listens = await api.JoinRoomAsync(bob.Session, room);
        var away = await api.JoinRoomAsync(await api.ConnectAsync(), room);

        var toAll = await api.ExchangeAsync(
            alice,
            new
            {
                id = "1",
                toRoom = room,
                content = 1,
            }
        );
        var toBob = await api.ExchangeAsync(
            alice,
            new
            {
                id = "2",
                toRoom = room,
                toMember = listens,
                content = 2,
            }
        );
        var toAway = await api.ExchangeAsync(
            alice,
            new
            {
                id = "2",
                toRoom = room,
                toMember = away,
                content = 2,
            }
        );

        toAll.Body.ShouldBe($$"""{"id":"1","room":"{{room}}","members":2,"outcome":"accepted","nodes":[]}""");
        toBob.Status.ShouldBe(HttpStatusCode.OK, toBob.Body);
        toAway.Status.ShouldBe(HttpStatusCode.OK, toAway.Body);
        toBob.Body.ShouldBe(toAway.Body);
        await bob.ReceiveRoomEventAsync("joined");
        (await bob.ReceiveAsync()).GetProperty("content").GetInt32().ShouldBe(1);
        (await bob.ReceiveAsync()).GetProperty("content").GetInt32().ShouldBe(2);
    }

    [Fact]
    public async Task Under_SameRoom_a_room_tells_what_it_told()
    {
        var api = clusters.ApiOf("SameRoom");
        var alice = await api.ConnectAsync();
        var room = (await api.CreateRoomAsync(alice)).Text("room")!;
        await using var bob = await Listener.StartAsync(api);
        await api.JoinRoomAsync(bob.Session, room);

        var answer = await api.ExchangeAsync(alice, new { toRoom = room, content = 1 });

        answer.Json.GetProperty("listening").GetInt32().ShouldBe(1);
    }
}
