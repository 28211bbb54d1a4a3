using System.Diagnostics;
using System.Net;
using SignalBroker.Tests.Harness;
using SignalBroker.Tests.Rooms;

namespace SignalBroker.Tests.Failures;

/// <summary>A node whose memory alarm has gone off takes no publishes, although its sockets work.</summary>
public sealed class MemoryAlarmTests(FailureCluster cluster) : FailureTests(cluster), IAsyncLifetime
{
    private const string Watermark = "set_vm_memory_high_watermark";

    [Fact]
    public async Task A_node_with_a_memory_alarm_turns_signals_away_and_delivers_none_of_them_later()
    {
        await using var receiver = await Cluster.ListenOnAsync(Cluster.Victim);
        await using var sender = await Cluster.ListenOnAsync(Cluster.Bystander);
        await using var other = await Cluster.ListenOnAsync(Cluster.Bystander);

        await using var also = await Cluster.ListenOnAsync(Cluster.Victim);
        var room = (await Cluster.ApiOf(0).CreateRoomAsync(sender.Session)).Text("room")!;
        await Cluster.ApiOf(0).JoinRoomAsync(receiver.Session, room);
        await Cluster.ApiOf(0).JoinRoomAsync(also.Session, room);

        await Cluster.Victim.RunCtlAsync(Watermark, "0.00001");

        var turnedAway = new List<string>();
        for (var number = 0; number < 20; number++)
        {
            var id = $"during-{number}";
            var watch = Stopwatch.StartNew();
            var answer = await Cluster
                .ApiOf(number % 2)
                .ExchangeAsync(
                    sender.Session,
                    new
                    {
                        to = receiver.Session.UserId,
                        id,
                        content = number,
                    }
                );
            watch.Elapsed.ShouldBeLessThan(AnsweredWithin);
            answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
            if (answer.Outcomes.Single().Outcome == "overloaded")
            {
                turnedAway.Add(id);
            }
        }

        Measured($"{turnedAway.Count} of 20 signals were overloaded");
        // At most the first of each webapp finds out that the node is blocked.
        turnedAway.Count.ShouldBeGreaterThanOrEqualTo(18);
        await Cluster.EverybodySeesAsync(Cluster.Victim, "blocked", NoticedWithin);
        // Nobody of the room has it, so nobody gets it twice if it is sent again.
        var toRoom = await Cluster.ApiOf(0).ExchangeAsync(sender.Session, new { toRoom = room, content = "to all" });
        toRoom.Json.GetProperty("nodes").EnumerateArray().Single().Text("outcome").ShouldBe("overloaded");
        for (var number = 0; number < 10; number++)
        {
            var session = await Cluster.ApiOf(number % 2).ConnectAsync();
            session.ListeningAddress.ShouldBe(Cluster.Bystander.ListeningAddress);
            await Cluster.ApiOf(number % 2).DisconnectAsync(session);
        }

        await Cluster.NextSignalArrivesAsync(0, sender, other);
        await Cluster.NextSignalArrivesAsync(1, sender, other);

        await Cluster.Victim.RunCtlAsync(Watermark, "0.4");
        await Cluster.EverybodySeesAsync(Cluster.Victim, "ready", ReconciledWithin);

        for (var webapp = 0; webapp < 2; webapp++)
        {
            var id = $"after-{webapp}";
            var answer = await Cluster
                .ApiOf(webapp)
                .ExchangeAsync(
                    sender.Session,
                    new
                    {
                        to = receiver.Session.UserId,
                        id,
                        content = "next",
                    }
                );
            answer.Outcomes.ShouldBe([(receiver.Key, "queued")]);
            string? arrived;
            do
            {
                var envelope = await receiver.ReceiveAsync();
                envelope.GetProperty("content").ToString().ShouldNotBe("to all");
                arrived = envelope.Text("id");
                turnedAway.ShouldNotContain(other => other == arrived);
            } while (arrived != id);
        }
    }

    async ValueTask IAsyncDisposable.DisposeAsync()
    {
        await Cluster.Victim.RunCtlAsync(Watermark, "0.4");
        await DisposeAsync();
    }
}
