using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using SignalBroker.LocalCluster;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Failures;

/// <summary>A browser that stops reading costs its node little, and not for long.</summary>
public sealed class StoppedReaderTests(FailureCluster cluster) : FailureTests(cluster)
{
    private const int MaxGrowth = 32;

    private static readonly TimeSpan ClosedWithin = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_stopped_reader_is_closed_before_it_fills_its_nodes_memory()
    {
        await using var sender = await Cluster.ListenOnAsync(Cluster.Bystander);
        await using var neighbour = await Cluster.ListenOnAsync(Cluster.Victim);
        await using var stopped = await StoppedReader.StartAsync(await ConnectToAsync(Cluster.Victim), Token);
        var neighbours = Traffic.Start(number => Cluster.ApiOf(number % 2), sender, neighbour);
        await neighbours.FlowsAsync(50);
        var before = MemoryOf(Cluster.Victim);
        var most = before;

        var watch = Stopwatch.StartNew();
        var outcomes = new ConcurrentDictionary<string, int>();
        // Through both webapps, each of which bounds by itself what a session gets.
        var flood = Task.WhenAll(Enumerable.Range(0, 4).Select(flooder => FloodAsync(flooder % 2)));
        while (await Cluster.RowOfAsync(stopped.Session.ListeningKey) is not null)
        {
            most = Math.Max(most, MemoryOf(Cluster.Victim));
            watch.Elapsed.ShouldBeLessThan(ClosedWithin);
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, Token);
        }

        Measured("the session of the stopped reader is gone after", watch.Elapsed);
        await flood;
        Measured($"the node grew from {before} by at most {most - before} MiB, now {MemoryOf(Cluster.Victim)}");
        Measured(string.Join(", ", outcomes.Select(outcome => $"{outcome.Value} {outcome.Key}")));
        outcomes.Keys.ShouldBe(["queued", "overloaded", "user-not-listening"], ignoreOrder: true);
        (most - before).ShouldBeLessThan(MaxGrowth);

        var served = await neighbours.StopAsync();
        Measured($"{served.Count} signals to the neighbour, the slowest took", served.Max(signal => signal.Took));
        served.ShouldAllBe(signal => signal.Outcome == "queued" && signal.Took < TimeSpan.FromSeconds(2));

        async Task FloodAsync(int webapp)
        {
            var signal = new { to = stopped.Session.UserId, content = new string('x', 60_000) };
            Answer answer;
            do
            {
                answer = await Cluster.ApiOf(webapp).ExchangeAsync(sender.Session, signal);
                outcomes.AddOrUpdate(Outcome(answer), 1, (_, count) => count + 1);
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Token);
            } while (answer.Status == HttpStatusCode.OK);
        }
    }

    private async Task<ConnectedSession> ConnectToAsync(Node node)
    {
        while (true)
        {
            var session = await Cluster.ApiOf(0).ConnectAsync();
            if (session.ListeningAddress == node.ListeningAddress)
            {
                return session;
            }

            await Cluster.ApiOf(0).DisconnectAsync(session);
        }
    }

    private static string Outcome(Answer answer) =>
        answer.Status == HttpStatusCode.OK ? answer.Outcomes.Single().Outcome : answer.Code!;

    /// <summary>The node's resident memory in MiB.</summary>
    private static int MemoryOf(Node node)
    {
        var line = File.ReadLines($"/proc/{node.ProcessId}/status")
            .First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return int.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture)
            / 1024;
    }
}
