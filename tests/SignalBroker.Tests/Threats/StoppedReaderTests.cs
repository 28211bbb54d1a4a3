using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using SignalBroker.Broker;
using SignalBroker.Identity;
using SignalBroker.Sessions;
using SignalBroker.Tests.Failures;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Threats;

/// <summary>A browser that stops reading costs its node little, and not for long.</summary>
public sealed class StoppedReaderTests(FailureCluster cluster) : FailureTests(cluster)
{
    /// <summary>In MiB, whoever floods it through however many of two webapps.</summary>
    private const int MaxGrowth = 32;

    private const int Senders = 9;

    private static readonly TimeSpan ClosedWithin = TimeSpan.FromSeconds(40);

    [Fact]
    public async Task A_stopped_reader_is_closed_before_it_fills_its_nodes_memory()
    {
        var senders = await Task.WhenAll(
            Enumerable.Range(0, Senders).Select(_ => Cluster.ListenOnAsync(Cluster.Bystander))
        );
        await using var neighbour = await Cluster.ListenOnAsync(Cluster.Victim);
        await using var stopped = await StoppedReader.StartAsync(await Cluster.ConnectOnAsync(Cluster.Victim), Token);
        var neighbours = Traffic.Start(number => Cluster.ApiOf(number % 2), senders[0], neighbour);
        await neighbours.FlowsAsync(50);
        await Cluster.Victim.RunCtlAsync("force_gc");
        var (before, residentBefore) = (
            await Management.MemoryOfAsync(Cluster.Victim),
            ResidentMemory.Of(Cluster.Victim)
        );
        var (most, residentMost) = (before, residentBefore);

        var watch = Stopwatch.StartNew();
        var outcomes = new ConcurrentDictionary<string, int>();
        // Through both webapps, each of which bounds by itself what a session gets.
        var flood = Task.WhenAll(senders.Skip(1).Select((sender, number) => FloodAsync(number % 2, sender)));
        while (await Cluster.RowOfAsync(stopped.Session.ListeningKey) is not null)
        {
            most = Math.Max(most, await Management.MemoryOfAsync(Cluster.Victim));
            residentMost = Math.Max(residentMost, ResidentMemory.Of(Cluster.Victim));
            watch.Elapsed.ShouldBeLessThan(ClosedWithin);
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, Token);
        }

        Measured("the session of the stopped reader is gone after", watch.Elapsed);
        await flood;
        var growth = (most - before) / 1024 / 1024;
        Measured($"the node grew by {growth} MiB, resident by {residentMost - residentBefore} MiB");
        Measured(string.Join(", ", outcomes.Select(outcome => $"{outcome.Value} {outcome.Key}")));
        outcomes.Keys.ShouldContain("overloaded");
        outcomes.Keys.ShouldContain("user-not-listening");
        growth.ShouldBeLessThan(MaxGrowth);

        var served = await neighbours.StopAsync();
        Measured($"{served.Count} signals to the neighbour, the slowest took", served.Max(signal => signal.Took));
        served.ShouldAllBe(signal => signal.Outcome == "queued" && signal.Took < new BrokerOptions().ConfirmTimeout);
        foreach (var sender in senders)
        {
            await sender.DisposeAsync();
        }

        async Task FloodAsync(int webapp, Listener sender)
        {
            var signal = new { to = stopped.Session.UserId, content = new string('x', 60_000) };
            string outcome;
            do
            {
                outcome = (await Cluster.ApiOf(webapp).ExchangeAsync(sender.Session, signal)).OutcomeOrCode;
                outcomes.AddOrUpdate(outcome, 1, (_, count) => count + 1);
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Token);
            } while (outcome != "user-not-listening");
        }
    }
}
