using System.Globalization;
using SignalBroker.LocalCluster;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Failures;

/// <summary>What the loss of servers means to signals that are sent through sockets.</summary>
public sealed class SocketSendLossTests(FailureCluster cluster) : FailureTests(cluster)
{
    [Fact]
    public async Task Killed_webapps_lose_no_signal_and_answer_all_and_what_comes_twice_bears_the_same_id()
    {
        await using var sender = await Cluster.ListenOnAsync(Cluster.Victim);
        await using var receiver = await Cluster.ListenOnAsync(Cluster.Bystander);
        var stream = SocketTraffic.Start(sender, receiver);

        // One of the two is the active consumer.
        foreach (var webapp in Cluster.Servers.Webapps)
        {
            await stream.FlowsAsync(50);
            await webapp.KillAsync();
            await stream.FlowsAsync(50);
            await webapp.StartAsync(Token);
        }

        await stream.FlowsAsync(50);
        var (sent, arrived, answered) = await stream.StopAsync();
        Measured($"{sent} sent, {arrived.Count} arrived, {answered.Count} answers");
        arrived.Distinct().ShouldBe(Enumerable.Range(0, sent));
        answered.Distinct().Order().ShouldBe(Enumerable.Range(0, sent));
    }

    [Fact]
    public async Task Webapps_that_stop_hand_over_without_losing_or_repeating_anything()
    {
        await using var sender = await Cluster.ListenOnAsync(Cluster.Victim);
        await using var receiver = await Cluster.ListenOnAsync(Cluster.Bystander);
        var stream = SocketTraffic.Start(sender, receiver);

        foreach (var webapp in Cluster.Servers.Webapps)
        {
            await stream.FlowsAsync(50);
            await webapp.RestartAsync(Token);
        }

        await stream.FlowsAsync(50);
        var (sent, arrived, answered) = await stream.StopAsync();
        arrived.ShouldBe(Enumerable.Range(0, sent));
        answered.ShouldBe(Enumerable.Range(0, sent));
    }

    [Fact]
    public async Task Signals_wait_while_there_is_no_webapp_but_no_more_than_their_queue_holds()
    {
        const int MaxWaiting = 10_000;
        await using var flooding = await Cluster.ListenByStompOnAsync(Cluster.Bystander);
        await using var sender = await Cluster.ListenOnAsync(Cluster.Victim);
        await using var receiver = await Cluster.ListenOnAsync(Cluster.Victim);
        // From now on the nodes know that they may send.
        await flooding.SendAsync("{}");
        (await flooding.ReceiveAsync()).GetProperty("type").GetString().ShouldBe("error");
        await sender.SendAsync("{}");
        (await sender.ReceiveAsync()).GetProperty("type").GetString().ShouldBe("error");
        var killed = Task.WhenAll(Cluster.Servers.Webapps.Select(webapp => webapp.KillAsync()));
        while (!killed.IsCompleted)
        {
            // A socket that is idle for a second is asked about anew.
            await flooding.SendAsync("{}");
            await sender.SendAsync("{}");
            await Task.Delay(SocketTraffic.Pause, TimeProvider.System, Token);
        }

        await sender.SendAsync(Signal(receiver, 1));
        for (var number = 0; number < MaxWaiting + 1_000; number++)
        {
            await flooding.SendAsync("{}");
        }

        // Nobody can be asked, so this is refused, after all that was sent before.
        await flooding.Socket.SubscribeAsync("/topic/x");
        await flooding.Closed;
        (await WaitingAsync(Cluster.Bystander)).ShouldBe(MaxWaiting);
        await Cluster.Servers.Webapps[0].StartAsync(Token);

        (await receiver.ReceiveAsync()).GetProperty("content").GetInt32().ShouldBe(1);
        while ((await sender.ReceiveAsync()).GetProperty("type").GetString() != "outcome")
        {
            // The first answer comes twice if the webapp was killed before it had settled the signal.
        }
    }

    [Fact]
    public async Task A_signal_to_a_frozen_node_keeps_no_other_senders_waiting()
    {
        // On a busy machine the slow one may be answered first. If the quick one had to wait for it, it always would be.
        var isQuickFirst = false;
        for (var attempt = 0; attempt < 5 && !isQuickFirst; attempt++)
        {
            await Cluster.MendAsync();
            await using var lost = await Cluster.ListenOnAsync(Cluster.Victim);
            await using var slow = await Cluster.ListenOnAsync(Cluster.Bystander);
            await using var quick = await Cluster.ListenOnAsync(Cluster.Bystander);
            Cluster.Victim.Pause();

            await slow.SendAsync(Signal(lost, 1));
            await quick.SendAsync(Signal(quick, 2));

            (await quick.ReceiveAsync()).GetProperty("content").GetInt32().ShouldBe(2);
            (await quick.ReceiveAsync()).GetProperty("type").GetString().ShouldBe("outcome");
            isQuickFirst = slow.Arrived().Count == 0;
            if (isQuickFirst)
            {
                var sessions = (await slow.ReceiveAsync()).GetProperty("content").GetProperty("sessions");
                var session = sessions.EnumerateArray().ShouldHaveSingleItem();
                session.GetProperty("outcome").GetString().ShouldBe("unknown");
            }
        }

        isQuickFirst.ShouldBeTrue();
    }

    [Fact]
    public async Task Without_the_database_senders_are_told_so()
    {
        await using var sender = await Cluster.ListenOnAsync(Cluster.Victim);
        await Cluster.Servers.Postgres.StopAsync(Token);

        await Eventually.HoldsAsync(async () =>
        {
            await sender.SendAsync("""{"id":"1","to":"nobody","content":1}""");
            var content = (await sender.ReceiveAsync()).GetProperty("content");
            content.GetProperty("id").GetString().ShouldBe("1");
            content.GetProperty("code").GetString().ShouldBe("database-unavailable");
            content.GetProperty("retryAfter").GetInt32().ShouldBeGreaterThan(0);
        });
    }

    private static async Task<int> WaitingAsync(Node node)
    {
        var queues = await node.RunCtlAsync("list_queues", "name", "messages", "--no-table-headers");
        var line = queues.Split('\n').Single(line => line.StartsWith("signalbroker.signals", StringComparison.Ordinal));
        return int.Parse(line.Split('\t')[1], CultureInfo.InvariantCulture);
    }

    private static object Signal(Listener receiver, int number) =>
        new
        {
            toSession = receiver.Key,
            id = $"{number}",
            content = number,
        };

    /// <summary>Signals from one socket to another, sent without waiting for answers.</summary>
    private sealed class SocketTraffic
    {
        public static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

        // A session's queue holds 1,000, and answers come as fast as what has waited is relayed.
        private const int MaxUnderWay = 500;

        private readonly List<int> arrived = [];
        private readonly List<int> answered = [];
        private readonly Task<int> sending;
        private int taken;
        private readonly Listener sender;
        private readonly Listener receiver;
        private volatile bool stopping;

        private SocketTraffic(Listener sender, Listener receiver)
        {
            (this.sender, this.receiver) = (sender, receiver);
            sending = Task.Run(SendAsync);
        }

        public static SocketTraffic Start(Listener sender, Listener receiver) => new(sender, receiver);

        /// <summary>Waits until so many more have arrived.</summary>
        public async Task FlowsAsync(int more)
        {
            for (var goal = arrived.Count + more; arrived.Count < goal; )
            {
                await TakeAsync();
            }
        }

        /// <summary>Stops sending, and waits until the last has arrived and been answered.</summary>
        public async Task<(int Sent, List<int> Arrived, List<int> Answered)> StopAsync()
        {
            stopping = true;
            var sent = await sending;
            while (!arrived.Contains(sent - 1))
            {
                await TakeAsync();
            }

            while (answered.Distinct().Count() < sent)
            {
                var answer = await sender.ReceiveAsync();
                answer.GetProperty("type").GetString().ShouldBe("outcome", answer.GetRawText());
                var content = answer.GetProperty("content");
                content
                    .GetProperty("sessions")
                    .EnumerateArray()
                    .ShouldHaveSingleItem()
                    .GetProperty("outcome")
                    .GetString()
                    .ShouldBe("queued");
                answered.Add(int.Parse(content.GetProperty("id").GetString()!, null));
            }

            return (sent, arrived, answered);
        }

        private async Task TakeAsync()
        {
            arrived.Add((await receiver.ReceiveAsync()).GetProperty("content").GetInt32());
            Volatile.Write(ref taken, arrived[^1]);
        }

        private async Task<int> SendAsync()
        {
            var number = 0;
            while (!stopping)
            {
                if (number - Volatile.Read(ref taken) < MaxUnderWay)
                {
                    await sender.SendAsync(Signal(receiver, number++));
                }

                await Task.Delay(Pause, TimeProvider.System);
            }

            return number;
        }
    }
}
