using System.Text.Json.Serialization;

namespace SignalBroker.Storm.Results;

/// <summary>What one load has measured: so far, while it runs, and in all, when it is over.</summary>
/// <remarks>An immutable snapshot. The terminal, the monitoring API, the JSON file and the HTML report all show this.</remarks>
public sealed record LoadReport
{
    /// <summary>The <see cref="Load"/> of an act of a rollout.</summary>
    public const string Rollout = "rollout";

    /// <summary>
    /// The load: <c>connect</c>, <c>exchange</c>, <c>poke</c>, <c>churn</c>, <c>reconnect</c>, <c>soak</c> or
    /// <see cref="Rollout"/>, which is no command of storm.
    /// </summary>
    public required string Load { get; init; }

    /// <summary>One sentence that says what was done, for a heading.</summary>
    public required string Title { get; init; }

    /// <summary>The options that it ran with, as they would be typed; never a secret.</summary>
    public IReadOnlyDictionary<string, string> Options { get; init; } = new Dictionary<string, string>();

    /// <summary>When it began.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>How long it has run, in seconds.</summary>
    public double Seconds { get; init; }

    /// <summary>What it is doing: <c>connecting</c>, <c>running</c>, <c>draining</c>, <c>done</c>, <c>stopped</c> or <c>failed</c>.</summary>
    public string Phase { get; init; } = "running";

    /// <summary>How far it is, from 0 to 1; null when that is not known.</summary>
    public double? Progress { get; init; }

    /// <summary>The worker processes.</summary>
    public int Workers { get; init; }

    /// <summary>How many sessions have listened by each protocol: <c>mqtt</c>, <c>stomp</c> or <c>sse</c>.</summary>
    public IReadOnlyDictionary<string, long> Protocols { get; init; } = new Dictionary<string, long>();

    /// <summary>The machine that the load came from.</summary>
    public MachineReport? Machine { get; init; }

    /// <summary>What is counted, over the whole run.</summary>
    public Totals Totals { get; init; } = new();

    /// <summary>Errors by code: the server's problem code, an outcome, or what broke.</summary>
    public IReadOnlyDictionary<string, long> Errors { get; init; } = new Dictionary<string, long>();

    /// <summary>The latencies by name: <c>delivery</c>, <c>answer</c>, <c>connect</c>, <c>reconnect</c>, <c>roundTrip</c>, <c>delay</c>, …</summary>
    public IReadOnlyDictionary<string, LatencyReport> Latencies { get; init; } =
        new Dictionary<string, LatencyReport>();

    /// <summary>One entry for each second.</summary>
    public IReadOnlyList<Tick> Timeline { get; init; } = [];

    /// <summary>The trees of pokes; null for other loads.</summary>
    public PokeReport? Pokes { get; init; }

    /// <summary>The results of the run, such as connects per second or memory per listener.</summary>
    public IReadOnlyList<Figure> Figures { get; init; } = [];
}

/// <summary>The machine that a load came from.</summary>
public sealed record MachineReport(int Cores, long MemoryMiB, string System, string Runtime);

/// <summary>What is counted over a whole run.</summary>
public sealed record Totals
{
    /// <summary>Sessions that <c>/connect</c> gave.</summary>
    public long Connected { get; init; }

    /// <summary>Listeners at this moment.</summary>
    public long Listening { get; init; }

    /// <summary>Sockets that broke unexpectedly.</summary>
    public long Dropped { get; init; }

    /// <summary>Signals posted, whatever was answered.</summary>
    public long Sent { get; init; }

    /// <summary>Signals that the broker confirmed to have in a live queue (one for each session reached).</summary>
    public long Queued { get; init; }

    /// <summary>Signals that arrived at a listener.</summary>
    public long Received { get; init; }

    /// <summary>Signals that were confirmed and had not arrived when the run was over.</summary>
    public long Lost { get; init; }

    /// <summary>Failed calls and broken sockets.</summary>
    public long Errors { get; init; }

    public static Totals operator +(Totals one, Totals other) =>
        new()
        {
            Connected = one.Connected + other.Connected,
            Listening = one.Listening + other.Listening,
            Dropped = one.Dropped + other.Dropped,
            Sent = one.Sent + other.Sent,
            Queued = one.Queued + other.Queued,
            Received = one.Received + other.Received,
            Lost = one.Lost + other.Lost,
            Errors = one.Errors + other.Errors,
        };
}

/// <summary>How long something took; all in µs.</summary>
public sealed record LatencyReport(
    long Count,
    long P50,
    long P90,
    long P99,
    long P999,
    long Max,
    IReadOnlyList<Bucket> Buckets
)
{
    /// <summary>Whether clocks of several machines went into it, so that it may be off by their difference.</summary>
    public bool Skewed { get; init; }

    /// <summary>The median, p90, p99, p99.9 and the longest.</summary>
    [JsonIgnore]
    public IReadOnlyList<long> Percentiles => [P50, P90, P99, P999, Max];

    /// <summary>Sums a histogram up.</summary>
    public static LatencyReport Of(LatencyHistogram histogram, bool skewed = false) =>
        new(
            histogram.Count,
            histogram.Percentile(0.5),
            histogram.Percentile(0.9),
            histogram.Percentile(0.99),
            histogram.Percentile(0.999),
            histogram.Max,
            histogram.Buckets()
        )
        {
            Skewed = skewed,
        };

    /// <summary>The duration that this share of all (0 to 1) did not exceed.</summary>
    public long Percentile(double share)
    {
        var counted = 0L;
        foreach (var bucket in Buckets)
        {
            counted += bucket.Count;
            if (counted >= share * Count)
            {
                return bucket.Microseconds;
            }
        }

        return Max;
    }
}

/// <summary>One second of a run.</summary>
public sealed record Tick
{
    /// <summary>Seconds since the load began, at this second's end.</summary>
    public required int Second { get; init; }

    /// <summary>Listeners at its end.</summary>
    public long Listening { get; init; }

    /// <summary>Sessions that began to listen within it.</summary>
    public long Connects { get; init; }

    /// <summary>Signals posted within it.</summary>
    public long Sent { get; init; }

    /// <summary>Signals received within it.</summary>
    public long Received { get; init; }

    /// <summary>Errors within it.</summary>
    public long Errors { get; init; }

    /// <summary>The median of the load's main latency within it, in µs; null when nothing was measured.</summary>
    public long? P50 { get; init; }

    /// <summary>The 99th percentile of the load's main latency within it, in µs; null when nothing was measured.</summary>
    public long? P99 { get; init; }

    /// <summary>How many cores each watched process kept busy within it, by process name.</summary>
    public IReadOnlyDictionary<string, double> Cores { get; init; } = new Dictionary<string, double>();

    /// <summary>The resident memory of each watched process in KiB, by process name.</summary>
    public IReadOnlyDictionary<string, long> MemoryKiB { get; init; } = new Dictionary<string, long>();
}

/// <summary>What became of the pokes, by their type.</summary>
public sealed record PokeReport
{
    /// <summary>Pokes to one client each.</summary>
    public PokeCount Unicast { get; init; } = new();

    /// <summary>Pokes to every client at once.</summary>
    public PokeCount Broadcast { get; init; } = new();

    /// <summary>Trees of pokes.</summary>
    public TreeCount Tree { get; init; } = new();
}

/// <summary>Pokes sent, and those that were answered.</summary>
public sealed record PokeCount(long Sent = 0, long Answered = 0, LatencyReport? RoundTrip = null);

/// <summary>Trees, by how they ended.</summary>
public sealed record TreeCount
{
    /// <summary>Trees that were begun.</summary>
    public long Started { get; init; }

    /// <summary>Every poke was answered in time.</summary>
    public long Complete { get; init; }

    /// <summary>The deadline came first; some pokes are missing.</summary>
    public long Partial { get; init; }

    /// <summary>Not even the root was answered, or a poke could not be sent.</summary>
    public long Failed { get; init; }

    /// <summary>Trees that have not ended yet.</summary>
    public long Running => Math.Max(0, Started - Complete - Partial - Failed);

    /// <summary>From the root's poke to the last answer, for complete trees.</summary>
    public LatencyReport? Duration { get; init; }

    /// <summary>The latest trees that were not complete.</summary>
    public IReadOnlyList<TreeResult> Broken { get; init; } = [];
}

/// <summary>How a tree of pokes ended.</summary>
/// <param name="Outcome"><c>complete</c>, <c>partial</c> or <c>failed</c>.</param>
/// <param name="Answered">How many of its pokes were answered.</param>
/// <param name="Expected">How many a complete tree has: twice its leaves less one.</param>
/// <param name="Missing">The ids of the pokes that were sent and not answered, in order.</param>
public sealed record TreeResult(
    string TreeId,
    string Outcome,
    int Answered,
    int Expected,
    IReadOnlyList<string> Missing
)
{
    /// <summary>From the root's poke to the last answer.</summary>
    [JsonIgnore]
    public TimeSpan Duration { get; init; }
}

/// <summary>A result of a run.</summary>
/// <param name="Name">What was measured, such as <c>connects per second</c>.</param>
/// <param name="Value">How much.</param>
/// <param name="Unit">In what, such as <c>/s</c>, <c>KiB</c>, <c>s</c>, <c>µs</c>, or empty.</param>
/// <param name="IsTrouble">Whether it counts what should not be: then 0 is good, and anything else bad.</param>
public sealed record Figure(string Name, double Value, string Unit, bool IsTrouble = false);
