using System.Net;
using System.Text.Json;
using SignalBroker.Tests.Harness;
using SignalBroker.Tests.Inbox;
using SignalBroker.Tests.Rooms;

namespace SignalBroker.Tests.Failures;

/// <summary>What senders and receivers of stored signals are told when a node or a webapp is lost at the worst moment.</summary>
public sealed class StoredLossTests(FailureCluster cluster) : FailureTests(cluster)
{
    private readonly string bob = "bob-" + Guid.NewGuid();

    [Fact]
    public async Task A_device_whose_node_died_knows_whether_it_has_recovered()
    {
        await using var alice = await Cluster.ListenOnAsync(Cluster.Bystander);
        await using var phone = await ListenAsBobOnAsync("phone");
        await Cluster.ApiOf(0).StoreAsync(alice.Session, bob, 1);
        (await phone.ReceiveAsync()).Sequence.ShouldBe(1);
        await Cluster.ApiOf(0).SettleAsync(phone.Session, new { upTo = 1 });

        await Cluster.Victim.KillAsync();

        await Cluster.ApiOf(0).StoreAsync(alice.Session, bob, 2);
        await Cluster.ApiOf(1).StoreAsync(alice.Session, bob, 3);
        await Cluster.EverybodySeesAsync(Cluster.Victim, "unreachable", NoticedWithin);
        await using var back = await Listener.StartAsync(Cluster.ApiOf(1), bob, "phone");
        (await RecoveredAsync(back, after: 1)).ShouldBeTrue();
        (await back.ReceiveAsync()).Sequence.ShouldBe(2);
        (await back.ReceiveAsync()).Sequence.ShouldBe(3);

        // Gone without having been delivered: the phone is away again meanwhile.
        await back.DisposeAsync();
        await Cluster.ApiOf(0).StoreAsync(alice.Session, bob, 4, timeToLive: 1);
        await using var late = await Listener.StartAsync(Cluster.ApiOf(0), bob, "phone");
        await Eventually.HoldsAsync(async () => (await RecoveredAsync(late, after: 3)).ShouldBeFalse());
    }

    [Fact]
    public async Task A_signal_whose_outcome_is_unknown_is_stored_and_delivered_again_when_the_node_goes_on()
    {
        await using var alice = await Cluster.ListenOnAsync(Cluster.Bystander);
        await using var receiver = await ListenAsBobOnAsync("phone");
        Cluster.Victim.Pause();

        (await Cluster.ApiOf(0).StoreAsync(alice.Session, bob, 7, "ifOffline", id: "x")).ShouldBeStored();
        (await Cluster.ApiOf(1).StoreAsync(alice.Session, bob, 7, "ifOffline", id: "x")).ShouldBeStored();

        Cluster.Victim.Resume();
        await ReceivesOnceAsync(receiver, "x");
    }

    [Fact]
    public async Task A_sender_whose_webapp_dies_before_it_knows_the_outcome_sends_again_through_another_one()
    {
        await using var alice = await Cluster.ListenOnAsync(Cluster.Bystander);
        await using var receiver = await ListenAsBobOnAsync("phone");
        Cluster.Victim.Pause();
        var sending = Cluster.ApiOf(0).StoreAsync(alice.Session, bob, 7, "ifOffline", id: "x");
        // It has begun when nobody else may send the signal.
        await Eventually.HoldsAsync(async () =>
            (
                await Cluster.CountAsync(
                    $"""
                    SELECT count(*) FROM pg_locks
                    WHERE locktype = 'advisory'
                      AND (classid::bigint << 32) | objid::bigint = hashtextextended('{alice.Session.UserId} x', 5)
                    """
                )
            ).ShouldBeGreaterThan(0)
        );

        await Cluster.Servers.Webapps[0].KillAsync();

        await Should.ThrowAsync<HttpRequestException>(sending);
        (await Cluster.ApiOf(1).StoreAsync(alice.Session, bob, 7, "ifOffline", id: "x")).ShouldBeStored();
        Cluster.Victim.Resume();
        await ReceivesOnceAsync(receiver, "x");
    }

    [Fact]
    public async Task A_member_on_a_frozen_node_gets_what_was_stored_for_it_and_the_others_need_not_wait_for_that()
    {
        await using var alice = await Cluster.ListenOnAsync(Cluster.Bystander);
        await using var near = await Cluster.ListenOnAsync(Cluster.Bystander);
        await using var far = await ListenAsBobOnAsync("phone");
        var room = await MakeRoomAsync(alice, near, far);
        Cluster.Victim.Pause();

        var answer = await StoreAsync(0, alice, room, 7, "ifOffline", "x");

        answer.Json.GetProperty("stored").GetInt32().ShouldBe(1);
        Outcomes(answer).ShouldBe(["queued", "unknown"]);
        (await StoreAsync(1, alice, room, 7, "ifOffline", "x")).Body.ShouldBe(answer.Body);
        await ReceivesOnceAsync(near, "x");
        Cluster.Victim.Resume();
        await ReceivesOnceAsync(far, "x");
    }

    [Theory]
    [InlineData("webapp")]
    [InlineData("node")]
    [InlineData("PostgreSQL")]
    public async Task A_server_killed_amid_stored_room_signals_loses_none_that_was_answered_for_any_member(
        string killed
    )
    {
        const int Before = 15;
        const int All = 40;
        await using var alice = await Cluster.ListenOnAsync(Cluster.Bystander);
        await using var near = await Cluster.ListenOnAsync(Cluster.Bystander);
        await using var far = await Cluster.ListenOnAsync(Cluster.Victim);
        var room = await MakeRoomAsync(alice, near, far);
        // Only for as long as it takes to become a member.
        var away = await Cluster.ApiOf(0).ConnectAsync();
        await Cluster.ApiOf(0).JoinRoomAsync(away, room);
        LocalCluster.Part part = killed switch
        {
            "webapp" => Cluster.Servers.Webapps[0],
            "node" => Cluster.Victim,
            _ => Cluster.Servers.Postgres,
        };

        var killing = Task.CompletedTask;
        for (var number = 1; number <= All; number++)
        {
            if (number == Before)
            {
                killing = Task.Run(KillAndStartAsync, Token);
            }

            await SendUntilAnsweredAsync(alice, room, number);
        }

        await killing;
        foreach (var member in (string[])[near.Session.UserId, far.Session.UserId, away.UserId])
        {
            await Eventually.HoldsAsync(async () =>
            {
                await using var back = await Listener.StartAsync(Cluster.ApiOf(1), member);
                var numbers = new List<int>();
                while (numbers.LastOrDefault() != All)
                {
                    var envelope = await back.ReceiveAsync();
                    if (envelope.TryGetProperty("sequence", out _))
                    {
                        numbers.Add(envelope.Number);
                    }
                }

                numbers.Distinct().ShouldBe(Enumerable.Range(1, All), member);
            });
            // Each is there once, however often it was sent.
            (await Cluster.CountAsync($"SELECT count(*) FROM inbox_entries WHERE user_id = '{member}'")).ShouldBe(All);
        }

        async Task KillAndStartAsync()
        {
            await part.KillAsync();
            await part.StartAsync(Token);
        }
    }

    private async Task SendUntilAnsweredAsync(Listener sender, string room, int number)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                var answer = await StoreAsync((number + attempt) % 2, sender, room, number, "always", $"n{number}");
                if (answer.Status == HttpStatusCode.OK)
                {
                    answer.Json.GetProperty("stored").GetInt32().ShouldBe(3);
                    return;
                }

                answer.Status.ShouldBeOneOf(HttpStatusCode.ServiceUnavailable, HttpStatusCode.Conflict);
            }
            catch (HttpRequestException)
            {
                // The webapp has gone amid it; another one knows.
            }

            attempt.ShouldBeLessThan(600);
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Token);
        }
    }

    private Task<Answer> StoreAsync(int webapp, Listener sender, string room, int content, string store, string id) =>
        Cluster
            .ApiOf(webapp)
            .ExchangeAsync(
                sender.Session,
                new
                {
                    toRoom = room,
                    content,
                    store,
                    id,
                }
            );

    private async Task<string> MakeRoomAsync(Listener owner, params Listener[] guests)
    {
        var room = (await Cluster.ApiOf(0).CreateRoomAsync(owner.Session)).Text("room")!;
        foreach (var guest in guests)
        {
            await Cluster.ApiOf(0).JoinRoomAsync(guest.Session, room);
        }

        return room;
    }

    private async Task<Listener> ListenAsBobOnAsync(string device)
    {
        while (true)
        {
            var session = await Cluster.ApiOf(0).ConnectAsync(bob, device);
            if (session.ListeningAddress == Cluster.Victim.ListeningAddress)
            {
                return await Listener.StartAsync(session);
            }

            await Cluster.ApiOf(0).DisconnectAsync(session);
        }
    }

    private async Task<bool> RecoveredAsync(Listener listener, long after) =>
        (await Cluster.ApiOf(1).ReadInboxAsync(listener.Session, $"?limit=0&after={after}"))
            .Json.GetProperty("recovered")
            .GetBoolean();

    // At least once, and what comes after it shows that nothing else did.
    private async Task ReceivesOnceAsync(Listener receiver, string id)
    {
        while ((await receiver.ReceiveAsync()).Text("id") != id)
        {
            // What tells of the room's members.
        }

        await Eventually.HoldsAsync(async () =>
        {
            var answer = await Cluster
                .ApiOf(1)
                .StoreAsync(receiver.Session, receiver.Session.UserId, "the end", id: "end");
            answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        });
        JsonElement envelope;
        while ((envelope = await receiver.ReceiveAsync()).Text("id") != "end")
        {
            envelope.Text("id").ShouldBe(id, "its repeat, which a client drops");
        }
    }

    private static IEnumerable<string?> Outcomes(Answer answer) =>
        answer.Json.GetProperty("nodes").EnumerateArray().Select(node => node.Text("outcome")).Order();
}
