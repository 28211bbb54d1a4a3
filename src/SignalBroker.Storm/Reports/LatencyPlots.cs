using SignalBroker.Storm.Reports.Drawing;
using SignalBroker.Storm.Results;
using SignalBroker.Storm.Wording;

namespace SignalBroker.Storm.Reports;

/// <summary>How the latencies of a whole run are distributed.</summary>
public static class LatencyPlots
{
    private const int BinsPerDecade = 12;
    private const int Percentiles = 150;
    private const int MaxNines = 5;

    public static IEnumerable<Plot> Of(LoadReport report)
    {
        var latencies = report
            .Latencies.Where(latency => latency.Value.Buckets.Count > 0)
            .OrderByDescending(latency => latency.Value.Count)
            .Take(Series.Colors)
            .ToArray();
        return latencies.Length > 0 ? [ByPercentile(latencies), Distribution(latencies)] : [];
    }

    private static Plot ByPercentile(KeyValuePair<string, LatencyReport>[] latencies)
    {
        var nines = (int)Math.Clamp(Math.Log10(latencies.Max(latency => latency.Value.Count)), 1, MaxNines);
        double[] shares =
        [
            .. Enumerable
                .Range(0, Percentiles + 1)
                .Select(index => Axis.ShareOfNines(nines * index / (double)Percentiles)),
        ];
        return new()
        {
            Title = "Latency by percentile",
            Note = "this share of all took at most so long; each further nine has the same width",
            X = Axis.Nines(nines),
            Y = Axis.Duration,
            Places = shares,
            Series = SeriesOf(latencies, latency => shares.Select(share => (double)latency.Percentile(share))),
            DescribePlace = share => $"{Quantity.Share(share)} took at most",
            Describe = Quantity.Duration,
        };
    }

    private static Plot Distribution(KeyValuePair<string, LatencyReport>[] latencies)
    {
        var bins = latencies.SelectMany(latency => latency.Value.Buckets).Select(BinOf).ToArray();
        // An empty bin at each end, so that every line begins and ends at zero.
        var (first, last) = (bins.Min() - 1, bins.Max() + 1);
        int[] shown = [.. Enumerable.Range(first, last - first + 1)];
        return new()
        {
            Title = "Latency distribution",
            Note = "which share took so long",
            X = Axis.Logarithmic(EdgeOf(first), EdgeOf(last + 1), Quantity.Duration),
            Y = values => Axis.Linear(values.Max(), Quantity.Share),
            Places = [.. shown.Select(bin => EdgeOf(bin + 0.5))],
            Series = SeriesOf(latencies, SharesOf, SeriesStyle.Area),
            DescribePlace = middle =>
                $"{Quantity.Duration(middle * EdgeOf(-0.5))} to {Quantity.Duration(middle * EdgeOf(0.5))}",
            Describe = Quantity.Share,
            IsStepped = true,
        };

        IEnumerable<double> SharesOf(LatencyReport latency)
        {
            var counts = latency.Buckets.ToLookup(BinOf, bucket => bucket.Count);
            return shown.Select(bin => counts[bin].Sum() / (double)latency.Count);
        }
    }

    private static Series[] SeriesOf(
        KeyValuePair<string, LatencyReport>[] latencies,
        Func<LatencyReport, IEnumerable<double>> values,
        SeriesStyle first = SeriesStyle.Line
    ) =>
        [
            .. latencies.Select(
                (latency, index) =>
                    new Series(
                        Words.Split(latency.Key),
                        [.. values(latency.Value)],
                        index,
                        index == 0 ? first
                            : index % 2 == 1 ? SeriesStyle.Dashed
                            : SeriesStyle.Line
                    )
            ),
        ];

    private static int BinOf(Bucket bucket) =>
        (int)Math.Floor(Math.Log10(Math.Max(bucket.Microseconds, 1)) * BinsPerDecade + 1e-9);

    private static double EdgeOf(double bin) => Math.Pow(10, bin / BinsPerDecade);
}
