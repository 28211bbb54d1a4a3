using System.Diagnostics;
using System.Runtime.InteropServices;
using SignalBroker.Storm.Results;

namespace SignalBroker.Showcase.Rollouts;

/// <summary>What a rollout has shown, act by act.</summary>
public static class RolloutReport
{
    public const string Lost = "stored signals lost";
    public const string LostUnstored = "unstored signals lost";
    public const string Doubled = "signals doubled";
    public const string Overtaken = "signals overtaken";
    public const string Moved = "sessions moved";
    public const string Gap = "signals during moves, p99";
    public const string Back = "until all listened again";

    // So long before and after a move a signal counts as sent during it.
    private static readonly long AroundMove = Stopwatch.Frequency / 2;

    /// <summary>The value of one of an act's figures.</summary>
    public static double ValueOf(this LoadReport act, string figure) =>
        act.Figures.Single(found => found.Name == figure).Value;

    internal static IReadOnlyList<LoadReport> Of(
        RolloutOptions options,
        DateTimeOffset startedAt,
        IReadOnlyList<Act> acts,
        Audience audience,
        IReadOnlyList<Tick> ticks
    )
    {
        var began = acts[0].BeganAt;
        var whole = new Act("The whole rollout", began) { EndedAt = acts[^1].EndedAt };
        var letters = audience
            .Correspondences.SelectMany(each => each.Letters.Select(letter => (letter, each.To)))
            .ToArray();
        var byAct = letters.ToLookup(sent => sent.letter.Act);
        return
        [
            ReportOf(whole, letters) with
            {
                Options = new Dictionary<string, string>
                {
                    ["people"] = $"{options.Listeners}",
                    ["signals per second"] = $"{options.SignalsPerSecond}",
                    ["moves per second"] = $"{options.MovesPerSecond}",
                },
                Timeline = ticks,
                Machine = new(
                    Environment.ProcessorCount,
                    GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (1024 * 1024),
                    RuntimeInformation.OSDescription,
                    RuntimeInformation.FrameworkDescription
                ),
            },
            .. acts.Select((act, number) => ReportOf(act, [.. byAct[number]])),
        ];

        LoadReport ReportOf(Act act, (Letter Letter, Person To)[] sent)
        {
            var losses = audience
                .People.SelectMany(person => person.Losses)
                .Where(loss => act.Contains(loss.At))
                .ToArray();
            var latencies = Histogram(sent.Where(each => each.Letter.IsReceived));
            var duringMoves = Histogram(sent.Where(each => each.Letter.IsReceived && IsDuringMove(each)));
            return new()
            {
                Load = LoadReport.Rollout,
                Title = act.Title,
                StartedAt = startedAt + Stopwatch.GetElapsedTime(began, act.BeganAt),
                Seconds = Stopwatch.GetElapsedTime(act.BeganAt, act.EndedAt).TotalSeconds,
                Phase = "done",
                Totals = new()
                {
                    Listening = audience.People.Count,
                    Dropped = losses.Length,
                    Sent = sent.Length,
                    Queued = sent.Count(each => each.Letter.IsConfirmed),
                    Received = sent.Count(each => each.Letter.IsReceived),
                    Lost = sent.Count(each => each.Letter.IsLost),
                    Errors = sent.Count(each => each.Letter.Failure is not null),
                },
                Errors = sent.Where(each => each.Letter.Failure is not null)
                    .CountBy(each => each.Letter.Failure!)
                    .ToDictionary(failure => failure.Key, failure => (long)failure.Value),
                Latencies = new Dictionary<string, LatencyReport>
                {
                    ["delivery"] = LatencyReport.Of(latencies),
                    ["duringMoves"] = LatencyReport.Of(duringMoves),
                },
                Figures =
                [
                    Trouble(Lost, sent.Count(each => each.Letter is { IsLost: true, IsStored: true })),
                    Count(LostUnstored, sent.Count(each => each.Letter is { IsLost: true, IsStored: false })),
                    Trouble(Doubled, sent.Count(each => each.Letter.IsDoubled)),
                    Trouble(Overtaken, sent.Count(each => each.Letter.WasOvertaken)),
                    Count(Moved, audience.People.Sum(person => person.Moves.Count(act.Contains))),
                    new(Gap, duringMoves.Percentile(0.99), "µs"),
                    new(Back, losses.Select(TimeAway).DefaultIfEmpty().Max(), "s"),
                    .. act.Figures,
                ],
            };
        }
    }

    private static Figure Count(string name, int count) => new(name, count, "");

    private static Figure Trouble(string name, int count) => Count(name, count) with { IsTrouble = true };

    private static double TimeAway(Loss loss) =>
        loss.BackAt is { } back ? Stopwatch.GetElapsedTime(loss.At, back).TotalSeconds : double.PositiveInfinity;

    private static bool IsDuringMove((Letter Letter, Person To) sent) =>
        sent.To.Moves.Any(move => sent.Letter.SentAt < move + AroundMove && sent.Letter.ReceivedAt > move - AroundMove);

    private static LatencyHistogram Histogram(IEnumerable<(Letter Letter, Person To)> sent)
    {
        var histogram = new LatencyHistogram();
        foreach (var (letter, _) in sent)
        {
            histogram.Add((long)letter.Latency.TotalMicroseconds);
        }

        return histogram;
    }
}
