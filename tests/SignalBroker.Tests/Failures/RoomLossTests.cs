using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using SignalBroker.Tests.Harness;
using SignalBroker.Tests.Rooms;

namespace SignalBroker.Tests.Failures;

/// <summary>What the loss of a webapp, a node or the database means to rooms.</summary>
public sealed class RoomLossTests(FailureCluster cluster) : FailureTests(cluster)
{
    [Fact]
    public async Task A_webapp_killed_amid_room_signals_loses_none_that_was_queued_and_no_member()
    {
        await using var sender = await Cluster.ListenOnAsync(Cluster.Victim);
        await using var near = await Cluster.ListenOnAsync(Cluster.Victim);
        await using var far = await Cluster.ListenOnAsync(Cluster.Bystander);
        var room = await MakeRoomAsync(0, sender, near, far);
        var queued = new ConcurrentQueue<string>();
        var used = 0;
        using var stopping = new CancellationTokenSource();
        var sending = SendAsync();
        await HasSentAsync(20);

        await Cluster.Servers.Webapps[0].KillAsync();

        Volatile.Write(ref used, 1);
        await HasSentAsync(queued.Count + 20);
        await Cluster.Servers.Webapps[0].StartAsync(Token);
        Volatile.Write(ref used, 0);
        await HasSentAsync(queued.Count + 20);
        await stopping.CancelAsync();
        await sending;
        await ExchangeAsync(1, sender, room, "last");
        foreach (var receiver in (Listener[])[near, far])
        {
            var received = await UntilAsync(receiver, "last");
            queued.ShouldBeSubsetOf(received);
            received.Distinct().Count().ShouldBe(received.Count);
        }

        async Task SendAsync()
        {
            for (var number = 0; !stopping.IsCancellationRequested; number++)
            {
                try
                {
                    var answer = await ExchangeAsync(Volatile.Read(ref used), sender, room, $"n{number}");
                    if (Outcomes(answer).All(outcome => outcome == "queued"))
                    {
                        queued.Enqueue($"n{number}");
                    }
                }
                catch (HttpRequestException)
                {
                    // The webapp is dead; whether anybody got it nobody can say.
                }
            }
        }

        Task HasSentAsync(int count) =>
            Eventually.HoldsAsync(() =>
            {
                queued.Count.ShouldBeGreaterThanOrEqualTo(count);
                return Task.CompletedTask;
            });
    }

    [Fact]
    public async Task A_webapp_killed_amid_joins_keeps_every_member_that_it_has_answered()
    {
        await using var owner = await Cluster.ListenOnAsync(Cluster.Bystander, webapp: 1);
        var made = await Cluster.ApiOf(1).CreateRoomAsync(owner.Session);
        var room = made.Text("room")!;
        var answered = new ConcurrentDictionary<string, ConnectedSession>();
        var guests = new List<ConnectedSession>();
        for (var number = 0; number < 40; number++)
        {
            guests.Add(await Cluster.ApiOf(1).ConnectAsync());
        }

        var joining = Parallel.ForEachAsync(
            guests.Index(),
            new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = Token },
            async (guest, _) =>
            {
                try
                {
                    var api = Cluster.ApiOf(guest.Index % 2);
                    answered.TryAdd(await api.JoinRoomAsync(guest.Item, room), guest.Item);
                }
                catch (HttpRequestException)
                {
                    // Perhaps a member, perhaps not; it would ask again.
                }
            }
        );
        await Eventually.HoldsAsync(() =>
        {
            answered.Count.ShouldBeGreaterThan(5);
            return Task.CompletedTask;
        });

        await Cluster.Servers.Webapps[0].KillAsync();

        await joining;
        var answer = await Cluster.ApiOf(1).RoomsAsync(HttpMethod.Get, $"/{room}/members", owner.Session);
        var members = answer
            .Json.GetProperty("members")
            .EnumerateArray()
            .Select(member => member.Text("member")!)
            .ToList();
        answered.Keys.ShouldBeSubsetOf(members);
        members.Distinct().Count().ShouldBe(members.Count);
        // Each change counts, told or not: so the owner knows whether it has missed one.
        answer
            .Json.GetProperty("version")
            .GetInt64()
            .ShouldBe(made.GetProperty("version").GetInt64() + members.Count - 1);
        foreach (var guest in guests)
        {
            // Whoever got no answer asks again, and is a member once.
            await Cluster.ApiOf(1).JoinRoomAsync(guest, room);
        }

        (await Cluster.ApiOf(1).MembersAsync(owner.Session, room)).Count.ShouldBe(41);
    }

    [Fact]
    public async Task Members_on_a_killed_node_are_members_still_and_the_others_do_not_notice()
    {
        await using var sender = await Cluster.ListenOnAsync(Cluster.Bystander);
        await using var bystander = await Cluster.ListenOnAsync(Cluster.Bystander);
        await using var lost = await Cluster.ListenOnAsync(Cluster.Victim);
        var room = await MakeRoomAsync(0, sender, bystander, lost);

        await Cluster.Victim.KillAsync();

        var answer = await ExchangeAsync(0, sender, room, "half");
        Outcomes(answer).ShouldBe(["queued", "unknown"], ignoreOrder: true);
        await UntilAsync(bystander, "half");
        await Cluster.EverybodySeesAsync(Cluster.Victim, "unreachable", NoticedWithin);
        await using var back = await Listener.StartAsync(await Cluster.ApiOf(0).ConnectAsync(lost.Session.UserId));
        await ExchangeAsync(1, sender, room, "whole");
        await UntilAsync(back, "whole");
        await UntilAsync(bystander, "whole");

        await Cluster.Victim.StartAsync(Token);
        await Cluster.NoSessionIsLeftAsync(Cluster.Victim, ReconciledWithin);
        // The lost session is gone, and with it the part of the answer that was unknown.
        await Eventually.HoldsAsync(async () =>
            Outcomes(await ExchangeAsync(0, sender, room, "again")).ShouldBe(["queued"])
        );
    }

    [Fact]
    public async Task A_killed_database_loses_no_room_and_no_member()
    {
        await using var sender = await Cluster.ListenOnAsync(Cluster.Victim);
        await using var receiver = await Cluster.ListenOnAsync(Cluster.Bystander);
        var room = await MakeRoomAsync(0, sender, receiver);
        var guest = await Cluster.ApiOf(0).ConnectAsync();

        await Cluster.Servers.Postgres.KillAsync();

        (await Cluster.ApiOf(0).RoomsAsync(HttpMethod.Post, $"/{room}/join", guest, new { })).Code.ShouldBe(
            "database-unavailable"
        );
        await Cluster.Servers.Postgres.StartAsync(Token);
        await Eventually.HoldsAsync(async () =>
        {
            var joined = await Cluster.ApiOf(0).RoomsAsync(HttpMethod.Post, $"/{room}/join", guest, new { });
            joined.Status.ShouldBe(HttpStatusCode.OK, joined.Body);
        });
        await Eventually.HoldsAsync(async () =>
            (await Cluster.ApiOf(1).MembersAsync(sender.Session, room)).Count.ShouldBe(3)
        );
        for (var webapp = 0; webapp < 2; webapp++)
        {
            var content = $"by {webapp}";
            var number = webapp;
            await Eventually.HoldsAsync(() => ExchangeAsync(number, sender, room, content));
            await UntilAsync(receiver, content);
        }
    }

    [Fact]
    public async Task A_webapp_killed_between_a_join_and_the_telling_of_it_leaves_a_gap_that_members_can_see()
    {
        await using var owner = await Cluster.ListenOnAsync(Cluster.Victim, webapp: 1);
        var made = await Cluster.ApiOf(1).CreateRoomAsync(owner.Session);
        var room = made.Text("room")!;
        var version = made.GetProperty("version").GetInt64();
        var guest = await Cluster.ApiOf(1).ConnectAsync();
        var later = await Cluster.ApiOf(1).ConnectAsync();

        // What tells the owner does not get out of the webapp.
        Cluster.Victim.AmqpProxy!.Blackhole();
        var joining = Cluster.ApiOf(0).JoinRoomAsync(guest, room);
        await Eventually.HoldsAsync(async () =>
            (await Cluster.ApiOf(1).MembersAsync(owner.Session, room)).Count.ShouldBe(2)
        );
        await Cluster.Servers.Webapps[0].KillAsync();
        Cluster.Victim.AmqpProxy.Cut();
        Cluster.Victim.AmqpProxy.Forward();

        await Should.ThrowAsync<HttpRequestException>(joining);
        await Cluster.Servers.Webapps[0].StartAsync(Token);
        await Cluster.EverybodySeesAsync(Cluster.Victim, "ready", ReconciledWithin);
        await Cluster.ApiOf(0).JoinRoomAsync(later, room);
        (await owner.ReceiveRoomEventAsync("joined")).GetProperty("version").GetInt64().ShouldBe(version + 2);
        (await Cluster.ApiOf(0).MembersAsync(owner.Session, room)).Count.ShouldBe(3);
        // Who had no answer asks again, and is the member that it was.
        await Cluster.ApiOf(1).JoinRoomAsync(guest, room);
        var members = await Cluster.ApiOf(1).RoomsAsync(HttpMethod.Get, $"/{room}/members", owner.Session);
        members.Json.GetProperty("version").GetInt64().ShouldBe(version + 2);
    }

    [Fact]
    public async Task A_node_killed_amid_a_fan_out_costs_the_members_on_the_other_node_nothing()
    {
        await using var sender = await Cluster.ListenOnAsync(Cluster.Bystander);
        var near = new List<Listener>();
        var far = new List<Listener>();
        for (var number = 0; number < 40; number++)
        {
            // More than one publish carries.
            near.Add(await Cluster.ListenOnAsync(Cluster.Bystander));
            far.Add(await Cluster.ListenOnAsync(Cluster.Victim));
        }

        var room = await MakeRoomAsync(0, sender, [.. near, .. far]);
        var told = new List<string>();
        var killing = Task.CompletedTask;
        var reached = 0;
        for (var number = 0; reached < 20; number++)
        {
            if (number == 20)
            {
                killing = Cluster.Victim.KillAsync();
            }

            var answer = await ExchangeAsync(number % 2, sender, room, $"n{number}");
            answer.Json.GetProperty("members").GetInt32().ShouldBe(80);
            var nodes = answer.Json.GetProperty("nodes").EnumerateArray().ToList();
            nodes.Sum(node => node.GetProperty("members").GetInt32()).ShouldBe(80);
            var outcomes = nodes.Select(node => node.Text("outcome")!).Order().ToList();
            outcomes[0].ShouldBe("queued");
            outcomes[1].ShouldBeOneOf("queued", "unknown");
            told.Add($"n{number}");
            reached += killing.IsCompleted && number > 20 && outcomes[1] == "unknown" ? 1 : 0;
        }

        await killing;
        foreach (var receiver in near)
        {
            (await UntilAsync(receiver, told[^1])).ShouldBe(told);
        }

        foreach (var receiver in (Listener[])[.. near, .. far])
        {
            await receiver.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_PostgreSQL_killed_amid_joins_and_leaves_has_kept_each_one_that_was_answered()
    {
        await using var owner = await Cluster.ListenOnAsync(Cluster.Bystander);
        var room = (await Cluster.ApiOf(0).CreateRoomAsync(owner.Session)).Text("room")!;
        var guests = new List<ConnectedSession>();
        for (var number = 0; number < 12; number++)
        {
            guests.Add(await Cluster.ApiOf(0).ConnectAsync());
        }

        // Whether each is a member: true, false, or null if its last question was not answered.
        var known = new ConcurrentDictionary<string, bool?>();
        var changes = 0;
        using var stopping = new CancellationTokenSource();
        var changing = guests.Select((guest, number) => ComeAndGoAsync(guest, number)).ToArray();
        await Eventually.HoldsAsync(() =>
        {
            changes.ShouldBeGreaterThan(60);
            return Task.CompletedTask;
        });
        await Task.WhenAll(changing.Where((_, number) => number % 2 == 0));

        await Cluster.Servers.Postgres.KillAsync();

        await stopping.CancelAsync();
        await Task.WhenAll(changing);
        await Cluster.Servers.Postgres.StartAsync(Token);
        await Eventually.HoldsAsync(async () =>
            (await Cluster.ApiOf(0).RoomsAsync(HttpMethod.Get, $"/{room}", owner.Session)).Status.ShouldBe(
                HttpStatusCode.OK
            )
        );
        var members = (await Cluster.ApiOf(0).MembersAsync(owner.Session, room))
            .Select(member => member.Text("userId")!)
            .ToList();
        members.Distinct().Count().ShouldBe(members.Count);
        known.Count(guest => guest.Value != null).ShouldBeGreaterThanOrEqualTo(guests.Count / 2);
        foreach (var (guest, isMember) in known)
        {
            if (isMember is { } answered)
            {
                members.Contains(guest).ShouldBe(answered, guest);
            }
        }

        // Who was not answered asks again.
        foreach (var guest in guests)
        {
            await Eventually.HoldsAsync(async () =>
            {
                var joined = await Cluster.ApiOf(1).RoomsAsync(HttpMethod.Post, $"/{room}/join", guest, new { });
                joined.Status.ShouldBe(HttpStatusCode.OK, joined.Body);
            });
        }

        (await Cluster.ApiOf(1).MembersAsync(owner.Session, room)).Count.ShouldBe(guests.Count + 1);
        await ExchangeAsync(1, owner, room, "is anybody there?");

        async Task ComeAndGoAsync(ConnectedSession guest, int number)
        {
            // Some have done with it before the kill.
            var turns = number % 2 == 0 ? 3 + number / 2 : int.MaxValue;
            for (var turn = 0; turn < turns && !stopping.IsCancellationRequested; turn++)
            {
                var joins = turn % 2 == 0;
                var answer = await Cluster
                    .ApiOf((number + turn) % 2)
                    .RoomsAsync(HttpMethod.Post, $"/{room}/{(joins ? "join" : "leave")}", guest, new { });
                if (answer.Status == HttpStatusCode.TooManyRequests)
                {
                    turn--;
                    continue;
                }

                var isDone = answer.Status is HttpStatusCode.OK or HttpStatusCode.NoContent;
                if (!isDone)
                {
                    answer.Code.ShouldBe("database-unavailable");
                }

                known[guest.UserId] = isDone ? joins : null;
                Interlocked.Increment(ref changes);
            }
        }
    }

    private async Task<string> MakeRoomAsync(int webapp, Listener owner, params Listener[] guests)
    {
        var room = (await Cluster.ApiOf(webapp).CreateRoomAsync(owner.Session)).Text("room")!;
        foreach (var guest in guests)
        {
            await Cluster.ApiOf(webapp).JoinRoomAsync(guest.Session, room);
        }

        return room;
    }

    private async Task<Answer> ExchangeAsync(int webapp, Listener sender, string room, string content)
    {
        var answer = await Cluster.ApiOf(webapp).ExchangeAsync(sender.Session, new { toRoom = room, content });
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        return answer;
    }

    // The contents of the signals up to and with this one.
    private static async Task<IReadOnlyList<string>> UntilAsync(Listener receiver, string last)
    {
        var received = new List<string>();
        while (received.LastOrDefault() != last)
        {
            var content = (await receiver.ReceiveAsync()).GetProperty("content");
            if (content.ValueKind == JsonValueKind.String)
            {
                received.Add(content.GetString()!);
            }
        }

        return received;
    }

    private static IEnumerable<string?> Outcomes(Answer answer) =>
        answer.Json.GetProperty("nodes").EnumerateArray().Select(node => node.Text("outcome"));
}
