using System.Text.Json.Serialization;
using SignalBroker.Storm.Results;

namespace SignalBroker.Storm.Status;

/// <summary>The results of the pokes so far, and how the load is doing.</summary>
public sealed record PokeStatus
{
    public required string Load { get; init; }
    public required string Phase { get; init; }
    public required double Seconds { get; init; }

    /// <summary>The clients that listen at this moment.</summary>
    public required long Clients { get; init; }

    public required PokeCountStatus Unicast { get; init; }
    public required PokeCountStatus Broadcast { get; init; }
    public required TreeCountStatus Tree { get; init; }

    /// <summary>What this says of a load; one without pokes has zeros.</summary>
    public static PokeStatus Of(LoadReport report)
    {
        var pokes = report.Pokes ?? new();
        return new()
        {
            Load = report.Load,
            Phase = report.Phase,
            Seconds = report.Seconds,
            Clients = report.Totals.Listening,
            Unicast = PokeCountStatus.Of(pokes.Unicast),
            Broadcast = PokeCountStatus.Of(pokes.Broadcast),
            Tree = TreeCountStatus.Of(pokes.Tree),
        };
    }
}

/// <summary>Pokes of one type, and how long their answers took.</summary>
public sealed record PokeCountStatus(long Sent, long Answered, LatencyStatus? RoundTrip)
{
    public static PokeCountStatus Of(PokeCount count) =>
        new(count.Sent, count.Answered, LatencyStatus.Of(count.RoundTrip));
}

/// <summary>Trees by their outcome; <c>running</c> ones have none yet.</summary>
public sealed record TreeCountStatus(
    long Started,
    long Running,
    long Complete,
    long Partial,
    long Failed,
    LatencyStatus? Duration,
    IReadOnlyList<BrokenTree> Broken
)
{
    public static TreeCountStatus Of(TreeCount trees) =>
        new(
            trees.Started,
            Math.Max(0, trees.Started - trees.Complete - trees.Partial - trees.Failed),
            trees.Complete,
            trees.Partial,
            trees.Failed,
            LatencyStatus.Of(trees.Duration),
            trees.Broken
        );
}

/// <summary>The percentiles of a latency, in µs.</summary>
public sealed record LatencyStatus(long Count, long P50, long P90, long P99, long P999, long Max)
{
    public static LatencyStatus? Of(LatencyReport? latency) =>
        latency is null ? null : new(latency.Count, latency.P50, latency.P90, latency.P99, latency.P999, latency.Max);
}

/// <summary>How the status is written as JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    WriteIndented = true
)]
[JsonSerializable(typeof(PokeStatus))]
public sealed partial class StatusJson : JsonSerializerContext;
