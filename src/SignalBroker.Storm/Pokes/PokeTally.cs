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
    private readonly OfKind[] kinds = [new(), new(), new()];
    private readonly LatencyHistogram delays = new();
    private readonly LatencyHistogram durations = new();
    private readonly Queue<TreeResult> broken = new();
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
                var sent = kinds.Sum(kind => kind.Sent);
                return new()
                {
                    Sent = sent,
                    Queued = sent,
                    Received = kinds.Sum(kind => kind.RoundTrips.Count),
                };
            }
        }
    }

    public Dictionary<string, LatencyReport> Latencies
    {
        get
        {
            lock (counting)
            {
                var roundTrips = new LatencyHistogram();
                Array.ForEach(kinds, kind => roundTrips.Add(kind.RoundTrips));
                return new()
                {
                    ["roundTrip"] = LatencyReport.Of(roundTrips),
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
                    Unicast = kinds[(int)PokeKind.Unicast].Report,
                    Broadcast = kinds[(int)PokeKind.Broadcast].Report,
                    Tree = trees with { Duration = ReportOf(durations), Broken = [.. broken] },
                };
            }
        }
    }

    public void Failed(string code) => errors.AddOrUpdate(code, 1, (_, count) => count + 1);

    public void Sent(PokeKind kind)
    {
        lock (counting)
        {
            kinds[(int)kind].Sent++;
        }
    }

    public void Answered(PokeKind kind, TimeSpan roundTrip, double delayMilliseconds)
    {
        lock (counting)
        {
            var microseconds = (long)roundTrip.TotalMicroseconds;
            kinds[(int)kind].RoundTrips.Add(microseconds);
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
            if (tree.Outcome == "complete")
            {
                trees = trees with { Complete = trees.Complete + 1 };
                durations.Add((long)tree.Duration.TotalMicroseconds);
                return;
            }

            trees =
                tree.Outcome == "partial"
                    ? trees with
                    {
                        Partial = trees.Partial + 1,
                    }
                    : trees with
                    {
                        Failed = trees.Failed + 1,
                    };
            broken.Enqueue(tree);
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

    private static LatencyReport? ReportOf(LatencyHistogram histogram) =>
        histogram.Count > 0 ? LatencyReport.Of(histogram) : null;

    private sealed class OfKind
    {
        public long Sent { get; set; }
        public LatencyHistogram RoundTrips { get; } = new();
        public PokeCount Report => new(Sent, RoundTrips.Count, ReportOf(RoundTrips));
    }
}
