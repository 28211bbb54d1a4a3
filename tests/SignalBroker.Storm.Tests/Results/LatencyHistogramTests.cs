using SignalBroker.Storm.Results;

namespace SignalBroker.Storm.Tests.Results;

/// <summary>The histogram against the plain list of the same durations.</summary>
public sealed class LatencyHistogramTests
{
    private const long Hour = 3_600_000_000;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(999)]
    [InlineData(20_000)]
    public void A_percentile_is_that_of_the_sorted_list_within_the_width_of_a_bucket(int count)
    {
        var durations = Durations(seed: count, count);
        var histogram = HistogramOf(durations);
        Array.Sort(durations);

        foreach (var share in (double[])[0.001, 0.01, 0.1, 0.5, 0.9, 0.95, 0.99, 0.999, 1])
        {
            var exact = durations[Math.Max(1, (int)Math.Ceiling(share * count)) - 1];
            histogram.Percentile(share).ShouldBeInRange(exact, exact + (exact / 64), $"the share {share}");
        }

        histogram.Percentile(1).ShouldBe(durations[^1]);
        histogram.Max.ShouldBe(durations[^1]);
        histogram.Count.ShouldBe(count);
    }

    [Fact]
    public void Below_128_µs_every_duration_has_its_own_bucket()
    {
        var histogram = HistogramOf([.. Enumerable.Range(1, 127).Select(value => (long)value)]);

        histogram.Buckets().ShouldBe(Enumerable.Range(1, 127).Select(value => new Bucket(value, 1)));
    }

    [Fact]
    public void Nothing_counted_is_zero_everywhere()
    {
        var histogram = new LatencyHistogram();

        histogram.Count.ShouldBe(0);
        histogram.Max.ShouldBe(0);
        histogram.Percentile(0.5).ShouldBe(0);
        histogram.Percentile(1).ShouldBe(0);
        histogram.Buckets().ShouldBeEmpty();
    }

    [Theory]
    [InlineData(long.MinValue, 1)]
    [InlineData(-1, 1)]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(Hour, Hour)]
    [InlineData(Hour + 1, Hour)]
    [InlineData(long.MaxValue, Hour)]
    public void A_duration_out_of_range_counts_as_the_nearest_one_within_it(long duration, long counted)
    {
        var histogram = HistogramOf([duration]);

        histogram.Max.ShouldBe(counted);
        histogram.Percentile(0.5).ShouldBe(counted);
        histogram.Buckets().ShouldBe([new Bucket(counted, 1)]);
    }

    [Fact]
    public void Two_histograms_added_up_are_the_histogram_of_both()
    {
        var first = Durations(seed: 1, 5_000);
        var second = Durations(seed: 2, 300);
        var both = HistogramOf([.. first, .. second]);

        var sum = HistogramOf(first);
        sum.Add(HistogramOf(second));

        sum.Buckets().ShouldBe(both.Buckets());
        (sum.Count, sum.Max).ShouldBe((both.Count, both.Max));
    }

    [Fact]
    public void Buckets_carry_a_histogram_to_another_process()
    {
        var first = HistogramOf(Durations(seed: 3, 5_000));
        var second = HistogramOf(Durations(seed: 4, 5_000));
        var both = HistogramOf([.. Durations(seed: 3, 5_000), .. Durations(seed: 4, 5_000)]);

        var sum = new LatencyHistogram();
        sum.Add(first.Buckets());
        sum.Add(second.Buckets());

        sum.Count.ShouldBe(both.Count);
        sum.Max.ShouldBe(both.Max);
        sum.Percentile(0.5).ShouldBe(both.Percentile(0.5));
        sum.Percentile(0.999).ShouldBe(both.Percentile(0.999));
    }

    [Fact]
    public void A_report_sums_up_a_histogram()
    {
        var histogram = HistogramOf([.. Enumerable.Range(1, 100).Select(value => (long)value)]);

        var report = LatencyReport.Of(histogram, skewed: true);

        (report.Count, report.P50, report.P90, report.P99, report.P999, report.Max).ShouldBe(
            (100, 50, 90, 99, 100, 100)
        );
        report.Buckets.Count.ShouldBe(100);
        report.Skewed.ShouldBeTrue();
    }

    /// <summary>Durations of all magnitudes, from 1 µs to a quarter of an hour; the same for the same seed.</summary>
    private static long[] Durations(int seed, int count)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (long)Math.Exp(random.NextDouble() * Math.Log(9e8)))];
    }

    private static LatencyHistogram HistogramOf(long[] durations)
    {
        var histogram = new LatencyHistogram();
        foreach (var duration in durations)
        {
            histogram.Add(duration);
        }

        return histogram;
    }
}
