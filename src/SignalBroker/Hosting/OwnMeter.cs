using System.Diagnostics.Metrics;

namespace SignalBroker.Hosting;

/// <summary>The meter of everything that this webapp itself counts and measures.</summary>
internal static class OwnMeter
{
    public const string Name = "SignalBroker";

    // In seconds: from a publish on an idle machine to what only an outage lasts.
    private static readonly InstrumentAdvice<double> Buckets = new()
    {
        HistogramBucketBoundaries =
        [
            0.0005,
            0.001,
            0.0025,
            0.005,
            0.01,
            0.025,
            0.05,
            0.1,
            0.25,
            0.5,
            1,
            2.5,
            5,
            10,
            30,
            60,
        ],
    };

    extension(IMeterFactory meters)
    {
        public Meter CreateOwn() => meters.Create(Name);

        /// <summary>Creates a histogram of times, in seconds.</summary>
        public Histogram<double> CreateTimes(string name, string description) =>
            meters.CreateOwn().CreateHistogram(name, "s", description, tags: null, Buckets);
    }
}
