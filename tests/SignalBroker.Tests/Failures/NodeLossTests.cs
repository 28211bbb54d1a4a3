using System.Diagnostics;
using System.Net;
using SignalBroker.Broker;
using SignalBroker.Identity;
using SignalBroker.Sessions;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Failures;

/// <summary>What the loss of a node means to its own sessions and to those of the other node.</summary>
public sealed class NodeLossTests(FailureCluster cluster) : FailureTests(cluster)
{
    /// <summary>A publishing connection on which nothing is confirmed is given up so soon: five probes' time-outs, abandoning it, and slack.</summary>
    private static readonly TimeSpan GivenUpWithin = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Sessions_of_a_killed_node_disappear_soon_after_it_is_back()
    {
        await using var lost = await Cluster.ListenOnAsync(Cluster.Victim);
        await using var alsoLost = await Cluster.ListenOnAsync(Cluster.Victim, webapp: 1);
        await using var sender = await Cluster.ListenOnAsync(Cluster.Bystander);
        await using var receiver = await Cluster.ListenOnAsync(Cluster.Bystander);
        var traffic = Traffic.Start(number => Cluster.ApiOf(number % 2), sender, receiver);
        await traffic.FlowsAsync(10);

        await Cluster.Victim.KillAsync();

        await OutcomeIsUnknownAtOnceAsync(sender, lost);
        await Cluster.EverybodySeesAsync(Cluster.Victim, "unreachable", NoticedWithin);
        await OutcomeIsUnknownAtOnceAsync(sender, alsoLost);
        await NewSessionsGoToTheOtherNodeAsync();

        await Cluster.Victim.StartAsync(Token);
        var watch = Stopwatch.StartNew();
        await Cluster.NoSessionIsLeftAsync(Cluster.Victim, ReconciledWithin);
        Measured("sessions of the killed node are gone after it answers", watch.Elapsed);
        await Cluster.IsRecordedAsync("ackedWithoutQueue", lost.Key);
        await Cluster.IsRecordedAsync("ackedWithoutQueue", alsoLost.Key);
        await Cluster.EverybodySeesAsync(Cluster.Victim, "ready", ReconciledWithin);
        Measured("the killed node takes sessions after it answers", watch.Elapsed);

        await using var fresh = await Cluster.ListenOnAsync(Cluster.Victim);
        await Cluster.NextSignalArrivesAsync(0, sender, fresh);
        await Cluster.NextSignalArrivesAsync(1, sender, fresh);
        await EverythingWasQueuedAsync(traffic);
    }

    [Fact]
    public async Task Sessions_of_a_killed_node_that_end_are_not_closed_one_by_one()
    {
        const int Count = 40;
        var sessions = new List<ConnectedSession>();
        for (var number = 0; number < Count; number++)
        {
            sessions.Add(await Cluster.ConnectOnAsync(Cluster.Victim));
        }

        await Cluster.Victim.KillAsync();
        await Cluster.EverybodySeesAsync(Cluster.Victim, "unreachable", NoticedWithin);
        var file = Cluster.Servers.Webapps[0].LogFile;
        var begin = new FileInfo(file).Length;
        var watch = Stopwatch.StartNew();

        await Task.WhenAll(sessions.Select(Cluster.ApiOf(0).DisconnectAsync));

        string[] lines = [];
        await Eventually.HoldsAsync(async () =>
        {
            lines = [.. (await LogAsync(file, begin)).Split('\n').Where(line => line.Contains("was postponed"))];
            lines.Sum(CountIn).ShouldBe(Count);
        });
        // The node is asked once a second.
        lines.Length.ShouldBeLessThanOrEqualTo(2 + (int)watch.Elapsed.TotalSeconds);

        static int CountIn(string line) => int.Parse(line.Split("Closing ")[1].Split(' ')[0]);
    }

    [Fact]
    public async Task A_node_that_is_stopped_and_started_gets_sessions_again()
    {
        await using var lost = await Cluster.ListenOnAsync(Cluster.Victim);
        await using var sender = await Cluster.ListenOnAsync(Cluster.Bystander);
        await using var receiver = await Cluster.ListenOnAsync(Cluster.Bystander);
        var traffic = Traffic.Start(number => Cluster.ApiOf(number % 2), sender, receiver);
        await traffic.FlowsAsync(10);

        await Cluster.Victim.StopAsync(Token);

        await lost.Closed;
        await Cluster.EverybodySeesAsync(Cluster.Victim, "unreachable", NoticedWithin);
        await NewSessionsGoToTheOtherNodeAsync();

        await Cluster.Victim.StartAsync(Token);
        await Cluster.NoSessionIsLeftAsync(Cluster.Victim, ReconciledWithin);
        await Cluster.EverybodySeesAsync(Cluster.Victim, "ready", ReconciledWithin);

        await using var fresh = await Cluster.ListenOnAsync(Cluster.Victim);
        await Cluster.NextSignalArrivesAsync(0, sender, fresh);
        await Cluster.NextSignalArrivesAsync(1, sender, fresh);
        await EverythingWasQueuedAsync(traffic);
    }

    [Fact]
    public async Task A_paused_node_gets_no_sessions_and_its_listeners_survive()
    {
        await using var survivor = await Cluster.ListenOnAsync(Cluster.Victim);
        await using var sender = await Cluster.ListenOnAsync(Cluster.Bystander);
        await using var receiver = await Cluster.ListenOnAsync(Cluster.Bystander);
        var traffic = Traffic.Start(number => Cluster.ApiOf(number % 2), sender, receiver);
        await traffic.FlowsAsync(10);

        Cluster.Victim.Pause();

        await IsTakenOutAsync("paused", sender, survivor);
        Cluster.Victim.Resume();
        await IsBackAsync(sender, survivor);
        await EverythingWasQueuedAsync(traffic);
    }

    [Fact]
    public async Task A_node_behind_a_dead_AMQP_connection_gets_no_sessions_and_its_listeners_survive()
    {
        await using var survivor = await Cluster.ListenOnAsync(Cluster.Victim);
        await using var sender = await Cluster.ListenOnAsync(Cluster.Bystander);
        await using var receiver = await Cluster.ListenOnAsync(Cluster.Bystander);
        var traffic = Traffic.Start(number => Cluster.ApiOf(number % 2), sender, receiver);
        await traffic.FlowsAsync(10);

        Cluster.Victim.AmqpProxy!.Blackhole();

        await IsTakenOutAsync("behind a black hole", sender, survivor);
        Cluster.Victim.AmqpProxy.Forward();
        await IsBackAsync(sender, survivor);
        await EverythingWasQueuedAsync(traffic);
    }

    [Fact]
    public async Task A_node_that_is_cut_off_until_its_connections_are_given_up_is_found_again()
    {
        await using var survivor = await Cluster.ListenOnAsync(Cluster.Victim);
        var leaver = await Cluster.ListenOnAsync(Cluster.Victim);
        await using var sender = await Cluster.ListenOnAsync(Cluster.Bystander);
        await using var receiver = await Cluster.ListenOnAsync(Cluster.Bystander);
        var traffic = Traffic.Start(number => Cluster.ApiOf(number % 2), sender, receiver);
        await traffic.FlowsAsync(10);
        var logged = Cluster.Servers.Webapps.Select(webapp => new FileInfo(webapp.LogFile).Length).ToArray();

        Cluster.Victim.AmqpProxy!.Blackhole();
        Cluster.Victim.ManagementProxy!.Blackhole();

        await IsTakenOutAsync("cut off", sender, survivor);
        await leaver.DisposeAsync();
        for (var webapp = 0; webapp < 2; webapp++)
        {
            // It no longer believes in the old connection.
            var log = Cluster.Servers.Webapps[webapp].LogFile;
            var begin = logged[webapp];
            await Eventually.HoldsAsync(
                async () =>
                    (await LogAsync(log, begin)).ShouldContain(
                        $"Node {Cluster.Victim.Name} has lost the publisher connection"
                    ),
                GivenUpWithin
            );
        }

        Cluster.Victim.AmqpProxy.Forward();
        Cluster.Victim.ManagementProxy.Forward();
        await IsBackAsync(sender, survivor);
        await Cluster.SessionsAgreeWithQueuesAsync(ReconciledWithin);
        (await Cluster.RowOfAsync(leaver.Key)).ShouldBeNull();
        await EverythingWasQueuedAsync(traffic);
    }

    private async Task IsTakenOutAsync(string how, Listener sender, Listener survivor)
    {
        var watch = Stopwatch.StartNew();
        var signal = OutcomeIsUnknownAtOnceAsync(sender, survivor);
        await Cluster.EverybodySeesAsync(Cluster.Victim, "unreachable", NoticedWithin);
        Measured($"a node that is {how} is taken out after", watch.Elapsed);
        await signal;
        Measured($"the first signal to a node that is {how} is answered after", watch.Elapsed);
        await OutcomeIsUnknownAtOnceAsync(sender, survivor);
        await NewSessionsGoToTheOtherNodeAsync();
    }

    private async Task IsBackAsync(Listener sender, Listener survivor)
    {
        var watch = Stopwatch.StartNew();
        await Cluster.EverybodySeesAsync(Cluster.Victim, "ready", ReconciledWithin);
        Measured("the node is back after", watch.Elapsed);
        await Cluster.NextSignalArrivesAsync(0, sender, survivor);
        await Cluster.NextSignalArrivesAsync(1, sender, survivor);
        await using var fresh = await Cluster.ListenOnAsync(Cluster.Victim, webapp: 1);
        await Cluster.NextSignalArrivesAsync(0, sender, fresh);
    }

    private async Task OutcomeIsUnknownAtOnceAsync(Listener sender, Listener receiver)
    {
        var watch = Stopwatch.StartNew();
        var answer = await Cluster
            .ApiOf(0)
            .ExchangeAsync(sender.Session, new { to = receiver.Session.UserId, content = "anybody there?" });
        watch.Elapsed.ShouldBeLessThan(AnsweredWithin);
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        answer.Outcomes.ShouldBe([(receiver.Key, "unknown")]);
    }

    private async Task NewSessionsGoToTheOtherNodeAsync()
    {
        for (var number = 0; number < 10; number++)
        {
            var session = await Cluster.ApiOf(number % 2).ConnectAsync();
            session.ListeningAddress.ShouldBe(Cluster.Bystander.ListeningAddress);
            await Cluster.ApiOf(number % 2).DisconnectAsync(session);
        }
    }

    private static async Task EverythingWasQueuedAsync(Traffic traffic)
    {
        await traffic.FlowsAsync(10);
        var sent = await traffic.StopAsync();
        Measured("the slowest signal on the other node took", sent.Max(signal => signal.Took));
        sent.Where(signal => signal.Outcome != "queued").ShouldBeEmpty();
        // None has waited for the node that is away, which would take until its confirm is given up.
        sent.ShouldAllBe(signal => signal.Took < new BrokerOptions().ConfirmTimeout);
    }

    private static async Task<string> LogAsync(string path, long begin)
    {
        await using var log = File.Open(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        log.Position = begin;
        using var reader = new StreamReader(log);
        return await reader.ReadToEndAsync();
    }
}
