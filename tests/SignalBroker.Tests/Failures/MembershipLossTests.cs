using System.Collections.Concurrent;
using System.Net;
using SignalBroker.Tests.Harness;
using SignalBroker.Tests.Rooms;

namespace SignalBroker.Tests.Failures;

/// <summary>What happens to rooms and memberships when a webapp or the database is lost.</summary>
public sealed class MembershipLossTests(FailureCluster cluster) : FailureTests(cluster)
{
    [Fact]
    public async Task A_webapp_killed_during_joins_keeps_every_member_that_got_an_answer()
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
                    // It may be a member; it would ask again.
                }
            }
        );
        await Eventually.HoldsAsync(() => answered.Count.ShouldBeGreaterThan(5));

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
        // Each change counts, whether told or not, so that the owner can tell whether it has missed one.
        answer
            .Json.GetProperty("version")
            .GetInt64()
            .ShouldBe(made.GetProperty("version").GetInt64() + members.Count - 1);
        foreach (var guest in guests)
        {
            // A guest that got no answer asks again, and is a member once.
            await Cluster.ApiOf(1).JoinRoomAsync(guest, room);
        }

        (await Cluster.ApiOf(1).MembersAsync(owner.Session, room)).Count.ShouldBe(41);
    }

    [Fact]
    public async Task A_webapp_killed_before_it_tells_of_a_join_leaves_a_gap_that_members_can_see()
    {
        await using var owner = await Cluster.ListenOnAsync(Cluster.Victim, webapp: 1);
        var made = await Cluster.ApiOf(1).CreateRoomAsync(owner.Session);
        var room = made.Text("room")!;
        var version = made.GetProperty("version").GetInt64();
        var guest = await Cluster.ApiOf(1).ConnectAsync();
        var later = await Cluster.ApiOf(1).ConnectAsync();

        // The webapp can't tell the owner of the join.
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
        // The guest that got no answer asks again, and stays the same member.
        await Cluster.ApiOf(1).JoinRoomAsync(guest, room);
        var members = await Cluster.ApiOf(1).RoomsAsync(HttpMethod.Get, $"/{room}/members", owner.Session);
        members.Json.GetProperty("version").GetInt64().ShouldBe(version + 2);
    }

    [Fact]
    public async Task A_killed_database_loses_no_room_and_no_member()
    {
        await using var sender = await Cluster.ListenOnAsync(Cluster.Victim);
        await using var receiver = await Cluster.ListenOnAsync(Cluster.Bystander);
        var room = await Cluster.ApiOf(0).CreateRoomWithAsync(sender.Session, receiver.Session);
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
            await Eventually.HoldsAsync(() => Cluster.ApiOf(number).SendToRoomAsync(sender.Session, room, content));
            await receiver.ReceiveUntilAsync(content);
        }
    }

    [Fact]
    public async Task A_database_killed_during_joins_and_leaves_keeps_each_one_that_was_answered()
    {
        await using var owner = await Cluster.ListenOnAsync(Cluster.Bystander);
        var room = (await Cluster.ApiOf(0).CreateRoomAsync(owner.Session)).Text("room")!;
        var guests = new List<ConnectedSession>();
        for (var number = 0; number < 12; number++)
        {
            guests.Add(await Cluster.ApiOf(0).ConnectAsync());
        }

        // Whether each is a member; null if its last request got no answer.
        var known = new ConcurrentDictionary<string, bool?>();
        var changes = 0;
        using var stopping = new CancellationTokenSource();
        var changing = guests.Select((guest, number) => ComeAndGoAsync(guest, number)).ToArray();
        await Eventually.HoldsAsync(() => changes.ShouldBeGreaterThan(60));
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

        // Guests that got no answer ask again.
        foreach (var guest in guests)
        {
            await Eventually.HoldsAsync(async () =>
            {
                var joined = await Cluster.ApiOf(1).RoomsAsync(HttpMethod.Post, $"/{room}/join", guest, new { });
                joined.Status.ShouldBe(HttpStatusCode.OK, joined.Body);
            });
        }

        (await Cluster.ApiOf(1).MembersAsync(owner.Session, room)).Count.ShouldBe(guests.Count + 1);
        await Cluster.ApiOf(1).SendToRoomAsync(owner.Session, room, "is anybody there?");

        async Task ComeAndGoAsync(ConnectedSession guest, int number)
        {
            // Half of them finish before the kill.
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
}
