using System.Collections.Concurrent;
using SignalBroker.Storm.Results;

namespace SignalBroker.Storm.Pokes;

public enum PokeKind
{
    Unicast,

    /// <summary>To every client at once.</summary>
    Broadcast,

    Tree,
}

/// <summary>Counts pokes, their answers and how trees ended.</summary>
internal sealed class PokeTally
{
    private const int KeptTrees = 100;

    private readonly Lock counting = new();
    private readonly ConcurrentDictionary<string, long> errors = new();
    private readonly long[] sent = new long[3];
    private readonly long[] answered = new long[3];
    private readonly LatencyHistogram[] roundTrips = [new(), new(), new()];
    private readonly LatencyHistogram allRoundTrips = new();
    private readonly LatencyHistogram delays = new();
    private readonly LatencyHistogram durations = new();
    private readonly Queue<BrokenTree> broken = new();
    private LatencyHistogram recent = new();
    private TreeCount trees = new();
    private bool skewed;

    public IReadOnlyDictionary<string, long> Errors => errors;

    /// <summary>Pokes that the server took, and answers that came.</summary>
    public Totals Totals
    {
        get
        {
            lock (counting)
            {
                return new()
                {
                    Sent = sent.Sum(),
                    Queued = sent.Sum(),
                    Received = answered.Sum(),
                };
            }
        }
    }

    public IReadOnlyDictionary<string, LatencyReport> Latencies
    {
        get
        {
            lock (counting)
            {
                return new Dictionary<string, LatencyReport>
                {
                    ["roundTrip"] = LatencyReport.Of(allRoundTrips),
                    ["delay"] = LatencyReport.Of(delays, skewed),
                };
            }
        }
    }

    public PokeReport Report
    {
        get
        {
            lock (counting)
            {
                return new()
                {
                    Unicast = CountOf(PokeKind.Unicast),
                    Broadcast = CountOf(PokeKind.Broadcast),
                    Tree = trees with
                    {
                        Duration = durations.Count > 0 ? LatencyReport.Of(durations) : null,
                        Broken = [.. broken],
                    },
                };
            }
        }
    }

    public void Failed(string code) => errors.AddOrUpdate(code, 1, (_, count) => count + 1);

    public void Sent(PokeKind kind)
    {
        lock (counting)
        {
            sent[(int)kind]++;
        }
    }

    public void Answered(PokeKind kind, TimeSpan roundTrip, double delayMilliseconds)
    {
        lock (counting)
        {
            var microseconds = (long)roundTrip.TotalMicroseconds;
            answered[(int)kind]++;
            roundTrips[(int)kind].Add(microseconds);
            allRoundTrips.Add(microseconds);
            recent.Add(microseconds);
            // An answer from before the question: the clocks differ.
            skewed |= delayMilliseconds < 0;
            delays.Add((long)(Math.Clamp(delayMilliseconds, 0, 3_600_000) * 1000));
        }
    }

    public void TreeBegan()
    {
        lock (counting)
        {
            trees = trees with { Started = trees.Started + 1 };
        }
    }

    public void TreeEnded(TreeResult tree)
    {
        lock (counting)
        {
            trees = tree.Outcome switch
            {
                "complete" => trees with { Complete = trees.Complete + 1 },
                "partial" => trees with { Partial = trees.Partial + 1 },
                _ => trees with { Failed = trees.Failed + 1 },
            };
            if (tree.Outcome == "complete")
            {
                durations.Add((long)tree.Duration.TotalMicroseconds);
                return;
            }

            broken.Enqueue(new(tree.TreeId, tree.Outcome, tree.Answered, tree.Expected, tree.Missing));
            if (broken.Count > KeptTrees)
            {
                broken.Dequeue();
            }
        }
    }

    public LatencyHistogram TakeRecent()
    {
        lock (counting)
        {
            var taken = recent;
            recent = new();
            return taken;
        }
    }

    private PokeCount CountOf(PokeKind kind)
    {
        var roundTrip = roundTrips[(int)kind];
        return new(sent[(int)kind], answered[(int)kind], roundTrip.Count > 0 ? LatencyReport.Of(roundTrip) : null);
    }
}
