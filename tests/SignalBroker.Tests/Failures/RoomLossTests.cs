using System.Collections.Concurrent;
using SignalBroker.Tests.Harness;
using SignalBroker.Tests.Rooms;

namespace SignalBroker.Tests.Failures;

/// <summary>What happens to signals to rooms when a webapp or a node is lost.</summary>
public sealed class RoomLossTests(FailureCluster cluster) : FailureTests(cluster)
{
    [Fact]
    public async Task A_webapp_killed_while_sending_to_a_room_loses_no_queued_signal()
    {
        await using var sender = await Cluster.ListenOnAsync(Cluster.Victim);
        await using var near = await Cluster.ListenOnAsync(Cluster.Victim);
        await using var far = await Cluster.ListenOnAsync(Cluster.Bystander);
        var room = await Cluster.ApiOf(0).CreateRoomWithAsync(sender.Session, near.Session, far.Session);
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
        await Cluster.ApiOf(1).SendToRoomAsync(sender.Session, room, "last");
        foreach (var receiver in (Listener[])[near, far])
        {
            var received = await receiver.ReceiveUntilAsync("last");
            queued.ShouldBeSubsetOf(received);
            received.Distinct().Count().ShouldBe(received.Count);
        }

        async Task SendAsync()
        {
            for (var number = 0; !stopping.IsCancellationRequested; number++)
            {
                try
                {
                    var answer = await Cluster
                        .ApiOf(Volatile.Read(ref used))
                        .SendToRoomAsync(sender.Session, room, $"n{number}");
                    if (answer.NodeOutcomes.All(outcome => outcome == "queued"))
                    {
                        queued.Enqueue($"n{number}");
                    }
                }
                catch (HttpRequestException)
                {
                    // The webapp is dead, and the outcome unknown.
                }
            }
        }

        Task HasSentAsync(int count) => Eventually.HoldsAsync(() => queued.Count.ShouldBeGreaterThanOrEqualTo(count));
    }

    [Fact]
    public async Task Members_on_a_killed_node_stay_members_and_the_others_do_not_notice()
    {
        await using var sender = await Cluster.ListenOnAsync(Cluster.Bystander);
        await using var bystander = await Cluster.ListenOnAsync(Cluster.Bystander);
        await using var lost = await Cluster.ListenOnAsync(Cluster.Victim);
        var room = await Cluster.ApiOf(0).CreateRoomWithAsync(sender.Session, bystander.Session, lost.Session);

        await Cluster.Victim.KillAsync();

        var answer = await Cluster.ApiOf(0).SendToRoomAsync(sender.Session, room, "half");
        answer.NodeOutcomes.ShouldBe(["queued", "unknown"], ignoreOrder: true);
        await bystander.ReceiveUntilAsync("half");
        await Cluster.EverybodySeesAsync(Cluster.Victim, "unreachable", NoticedWithin);
        await using var back = await Listener.StartAsync(await Cluster.ApiOf(0).ConnectAsync(lost.Session.UserId));
        await Cluster.ApiOf(1).SendToRoomAsync(sender.Session, room, "whole");
        await back.ReceiveUntilAsync("whole");
        await bystander.ReceiveUntilAsync("whole");

        await Cluster.Victim.StartAsync(Token);
        await Cluster.NoSessionIsLeftAsync(Cluster.Victim, ReconciledWithin);
        // The lost session is gone, and with it the unknown outcome.
        await Eventually.HoldsAsync(async () =>
            (await Cluster.ApiOf(0).SendToRoomAsync(sender.Session, room, "again")).NodeOutcomes.ShouldBe(["queued"])
        );
    }

    [Fact]
    public async Task A_node_killed_during_a_fan_out_does_not_affect_members_on_the_other_node()
    {
        await using var sender = await Cluster.ListenOnAsync(Cluster.Bystander);
        var near = new List<Listener>();
        var far = new List<Listener>();
        for (var number = 0; number < 40; number++)
        {
            // More than one publish can reach.
            near.Add(await Cluster.ListenOnAsync(Cluster.Bystander));
            far.Add(await Cluster.ListenOnAsync(Cluster.Victim));
        }

        ConnectedSession[] guests = [.. near.Concat(far).Select(listener => listener.Session)];
        var room = await Cluster.ApiOf(0).CreateRoomWithAsync(sender.Session, guests);
        var told = new List<string>();
        var killing = Task.CompletedTask;
        var reached = 0;
        for (var number = 0; reached < 20; number++)
        {
            if (number == 20)
            {
                killing = Cluster.Victim.KillAsync();
            }

            var answer = await Cluster.ApiOf(number % 2).SendToRoomAsync(sender.Session, room, $"n{number}");
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
            (await receiver.ReceiveUntilAsync(told[^1])).ShouldBe(told);
        }

        foreach (var receiver in (Listener[])[.. near, .. far])
        {
            await receiver.DisposeAsync();
        }
    }
}
