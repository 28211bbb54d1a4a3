using SignalBroker.Storm.Reports.Drawing;
using SignalBroker.Storm.Results;
using SignalBroker.Storm.Wording;

namespace SignalBroker.Storm.Reports;

/// <summary>How the latencies of a whole run are distributed.</summary>
public static class LatencyPlots
{
    private const int BinsPerDecade = 12;
    private static readonly double[] Shares = [0.5, 0.75, 0.9, 0.95, 0.99, 0.995, 0.999, 0.9995, 0.9999, 0.99999];

    public static IEnumerable<Plot> Of(LoadReport report)
    {
        var latencies = report
            .Latencies.Where(latency => latency.Value.Buckets.Count > 0)
            .OrderByDescending(latency => latency.Value.Count)
            .Take(Series.Colors)
            .Select(latency => (Name: Words.Split(latency.Key), Latency: latency.Value))
            .ToArray();
        if (latencies.Length > 0)
        {
            yield return Percentiles(latencies);
            yield return Histogram(latencies);
        }
    }

    private static Plot Percentiles((string Name, LatencyReport Latency)[] latencies)
    {
        var nines = (int)Math.Clamp(Math.Floor(Math.Log10(latencies.Max(latency => latency.Latency.Count))), 1, 5);
        var x = Axis.Nines(nines);
        var curves = latencies.Select(latency => Curve(latency.Latency, x, Axis.ShareOfNines(nines))).ToArray();
        return new()
        {
            Title = "Latency by percentile",
            Note = "this share of all took at most so long; each further nine has the same width",
            X = x,
            Y = Axis.Duration([.. curves.SelectMany(curve => curve).Select(point => point.Y ?? 0)]),
            Series = [.. latencies.Select((latency, index) => Line(latency.Name, curves[index], index))],
            Tips =
            [
                .. Shares
                    .Where(share => share <= Axis.ShareOfNines(nines) + 1e-9)
                    .Select(
                        (share, index) =>
                            new Tip(
                                index == 0 ? 0 : Shares[index - 1],
                                share,
                                string.Join(
                                    '\n',
                                    latencies
                                        .Select(latency =>
                                            $"{latency.Name} {Quantity.Duration(ValueAt(latency.Latency, share))}"
                                        )
                                        .Prepend($"{Quantity.Share(share)} took at most")
                                )
                            )
                    ),
            ],
        };
    }

    private static Plot Histogram((string Name, LatencyReport Latency)[] latencies)
    {
        var values = latencies.SelectMany(latency => latency.Latency.Buckets).Select(bucket => bucket.Microseconds);
        var (first, last) = (values.Min(BinOf), values.Max(BinOf));
        var shares = latencies
            .Select(latency => latency.Latency.Buckets.ToLookup(bucket => BinOf(bucket.Microseconds)))
            .Select(
                (bins, index) =>
                    Enumerable
                        .Range(first, last - first + 1)
                        .Select(bin => bins[bin].Sum(bucket => bucket.Count) / (double)latencies[index].Latency.Count)
                        .ToArray()
            )
            .ToArray();
        return new()
        {
            Title = "Latency distribution",
            Note = "which share took so long",
            X = Axis.Logarithmic(EdgeOf(first), EdgeOf(last + 1), Quantity.Duration),
            Y = Axis.Linear(shares.Max(share => share.Max()), Quantity.Share),
            Series = [.. latencies.Select((latency, index) => Steps(latency.Name, shares[index], first, index))],
            Tips =
            [
                .. Enumerable
                    .Range(0, last - first + 1)
                    .Select(bin => new Tip(
                        EdgeOf(first + bin),
                        EdgeOf(first + bin + 1),
                        string.Join(
                            '\n',
                            latencies
                                .Select((latency, index) => $"{latency.Name} {Quantity.Share(shares[index][bin])}")
                                .Prepend(
                                    $"{Quantity.Duration(EdgeOf(first + bin))} to {Quantity.Duration(EdgeOf(first + bin + 1))}"
                                )
                        )
                    )),
            ],
        };
    }

    private static Series Line(string name, IReadOnlyList<Point> points, int index) =>
        new(name, points, index, index % 2 == 1 ? SeriesStyle.Dashed : SeriesStyle.Line);

    /// <summary>A step up at each share at which the next bucket begins.</summary>
    private static List<Point> Curve(LatencyReport latency, Axis x, double end)
    {
        List<Point> points = [];
        var counted = 0L;
        foreach (var bucket in latency.Buckets)
        {
            var share = Math.Min(counted / (double)latency.Count, end);
            if (points.Count == 0 || x.At(share) - x.At(points[^1].X) > 0.003)
            {
                points.Add(new(share, bucket.Microseconds));
            }

            counted += bucket.Count;
        }

        points.Add(new(end, latency.Max));
        return points;
    }

    private static long ValueAt(LatencyReport latency, double share)
    {
        var wanted = share * latency.Count;
        var counted = 0L;
        foreach (var bucket in latency.Buckets)
        {
            counted += bucket.Count;
            if (counted >= wanted)
            {
                return bucket.Microseconds;
            }
        }

        return latency.Max;
    }

    private static Series Steps(string name, double[] shares, int first, int index)
    {
        var points = shares.SelectMany(
            (share, bin) => (Point[])[new(EdgeOf(first + bin), share), new(EdgeOf(first + bin + 1), share)]
        );
        return index == 0
            ? new(name, [.. points], index, SeriesStyle.Area)
            : Line(
                name,
                [.. points.Prepend(new(EdgeOf(first), 0)).Append(new(EdgeOf(first + shares.Length), 0))],
                index
            );
    }

    private static int BinOf(long microseconds) =>
        (int)Math.Floor(Math.Log10(Math.Max(microseconds, 1)) * BinsPerDecade + 1e-9);

    private static double EdgeOf(int bin) => Math.Pow(10, bin / (double)BinsPerDecade);
}
