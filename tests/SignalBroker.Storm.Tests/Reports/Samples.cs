using SignalBroker.Storm.Results;

namespace SignalBroker.Storm.Tests.Reports;

/// <summary>Reports as loads make them; the same in each run.</summary>
public static class Samples
{
    /// <summary>A load that has only just begun.</summary>
    public static LoadReport Empty { get; } =
        new()
        {
            Load = "connect",
            Title = "No session yet",
            StartedAt = DateTimeOffset.UnixEpoch,
            Phase = "connecting",
        };

    /// <summary>A load that was over after a second in which one signal was sent.</summary>
    public static LoadReport OneSecond { get; } =
        Empty with
        {
            Load = "exchange",
            Title = "One signal",
            Phase = "done",
            Seconds = 1,
            Totals = new()
            {
                Connected = 2,
                Listening = 2,
                Sent = 1,
                Queued = 1,
                Received = 1,
            },
            Latencies = new Dictionary<string, LatencyReport> { ["delivery"] = LatencyReport.Of(Latencies(1, 1, 800)) },
            Timeline =
            [
                new()
                {
                    Second = 1,
                    Listening = 2,
                    Connects = 2,
                    Sent = 1,
                    Received = 1,
                    P50 = 800,
                    P99 = 800,
                    Cores = new Dictionary<string, double> { ["webapp-1"] = 0 },
                    MemoryKiB = new Dictionary<string, long> { ["webapp-1"] = 90_000 },
                },
            ],
        };

    /// <summary>Five minutes at a steady rate.</summary>
    public static LoadReport Exchange { get; } =
        new()
        {
            Load = "exchange",
            Title = "500 signals per second between 2,000 sessions",
            Options = new Dictionary<string, string>
            {
                ["--url"] = "http://127.0.0.1:8080 http://127.0.0.1:8081",
                ["--sessions"] = "2000",
                ["--rate"] = "500",
                ["--duration"] = "5m",
                ["--size"] = "1500",
            },
            StartedAt = new DateTimeOffset(2026, 11, 21, 9, 30, 0, TimeSpan.Zero),
            Seconds = 300,
            Phase = "done",
            Progress = 1,
            Workers = 4,
            Machine = new(2, 24_100, "Debian GNU/Linux 12 (bookworm)", ".NET 10.0.0"),
            Totals = new()
            {
                Connected = 2000,
                Listening = 1998,
                Dropped = 2,
                Sent = 143_012,
                Queued = 142_950,
                Received = 142_948,
                Lost = 2,
                Errors = 62,
            },
            Errors = new Dictionary<string, long>
            {
                ["unknown"] = 44,
                ["rateLimited"] = 16,
                ["socket closed: 1006"] = 2,
            },
            Latencies = new Dictionary<string, LatencyReport>
            {
                ["delivery"] = LatencyReport.Of(Latencies(11, 142_948, 900)),
                ["answer"] = LatencyReport.Of(Latencies(12, 143_012, 1300)),
                ["connect"] = LatencyReport.Of(Latencies(13, 2000, 21_000)),
            },
            Timeline = [.. Seconds(300, 2000, 500)],
            Figures =
            [
                new("signals per second", 498.7, "/s"),
                new("connects per second", 187, "/s"),
                new("memory per listener", 91.4, "KiB"),
                new("broker CPU per signal", 139, "µs"),
            ],
        };

    /// <summary>Trees of which some were not complete.</summary>
    public static LoadReport Pokes { get; } =
        Exchange with
        {
            Load = "poke",
            Title = "100 trees of 64 leaves",
            Phase = "stopped",
            Seconds = 42.3,
            Options = new Dictionary<string, string>
            {
                ["--type"] = "tree",
                ["--leaves"] = "64",
                ["--trees"] = "100",
            },
            Errors = new Dictionary<string, long>(),
            Figures = [],
            Totals = new()
            {
                Connected = 500,
                Listening = 500,
                Sent = 12_400,
                Queued = 12_400,
                Received = 12_400,
            },
            Timeline = [.. Seconds(42, 500, 300)],
            Latencies = new Dictionary<string, LatencyReport>
            {
                ["roundTrip"] = LatencyReport.Of(Latencies(21, 12_400, 2_800)),
                ["delay"] = LatencyReport.Of(Latencies(22, 12_400, 1_100), skewed: true),
            },
            Pokes = new()
            {
                Unicast = new(200, 199, LatencyReport.Of(Latencies(23, 199, 2_400))),
                Broadcast = new(1_000, 1_000, LatencyReport.Of(Latencies(24, 1000, 9_400))),
                Tree = new()
                {
                    Started = 100,
                    Complete = 93,
                    Partial = 5,
                    Failed = 1,
                    Duration = LatencyReport.Of(Latencies(25, 93, 24_000)),
                    Broken =
                    [
                        new("t-0042", "partial", 120, 127, ["p-118", "p-119", "p-120", "p-121"]),
                        new("t-0043", "partial", 112, 127, [.. Enumerable.Range(100, 15).Select(id => $"p-{id}")]),
                        new("t-0077", "failed", 0, 127, ["p-1"]),
                    ],
                },
            },
        };

    /// <summary>Ten hours, numbers of all magnitudes, many processes, and names that want to break out.</summary>
    public static LoadReport Extreme { get; } =
        Exchange with
        {
            Load = "soak",
            Title = "<script>alert(1)</script> & ten hours of \"everything\"",
            Phase = "failed",
            Seconds = 36_000,
            Options = new Dictionary<string, string>
            {
                ["--url"] = $"http://{new string('x', 200)}.example/<b>?a=1&b='2'",
            },
            Totals = new()
            {
                Connected = 1_234_567_890,
                Listening = 1_000_000,
                Sent = 98_765_432_109,
                Queued = 98_765_432_109,
                Received = 98_765_000_000,
                Lost = 432_109,
                Dropped = 9_999_999,
                Errors = 98_765_432,
            },
            Errors = new Dictionary<string, long>
            {
                ["<img src=x onerror=alert(1)>"] = 98_765_431,
                [$"a very long code {new string('y', 150)}"] = 1,
            },
            Timeline =
            [
                .. Seconds(36_000, 1_000_000, 2_750_000)
                    .Select(
                        (tick, index) =>
                            tick with
                            {
                                P50 = index is > 9_000 and < 12_000 ? null : tick.P50,
                                P99 = index is > 9_000 and < 12_000 ? null : tick.P99 * (1 + (index / 20)),
                                Cores = Enumerable.Range(1, 12).ToDictionary(id => $"node-{id}", id => id * 1.5),
                                MemoryKiB = Enumerable
                                    .Range(1, 12)
                                    .ToDictionary(id => $"node-{id}", id => id * 9_000_000L),
                            }
                    ),
            ],
        };

    /// <summary>What divisions by nothing leave behind.</summary>
    public static LoadReport Broken { get; } =
        OneSecond with
        {
            Title = "Nothing divided by nothing",
            Progress = double.NaN,
            Figures = [new("memory per listener", double.NaN, "KiB"), new("rate", double.PositiveInfinity, "/s")],
            Timeline =
            [
                .. OneSecond.Timeline,
                new()
                {
                    Second = 2,
                    Cores = new Dictionary<string, double> { ["webapp-1"] = double.NaN },
                },
            ],
            Latencies = new Dictionary<string, LatencyReport> { ["delivery"] = LatencyReport.Of(new()) },
        };

    private static IEnumerable<Tick> Seconds(int seconds, long listeners, long rate)
    {
        var random = new Random(seconds);
        var ramp = Math.Max(1, seconds / 15);
        foreach (var second in Enumerable.Range(1, seconds))
        {
            var full = Math.Min(1.0, second / (double)ramp);
            var hiccup = second % 97 == 60 ? 6 : 1;
            var sent = full < 1 ? 0 : rate + random.Next(-(int)(rate / 40), (int)(rate / 40) + 1);
            yield return new()
            {
                Second = second,
                Listening = (long)(listeners * full),
                Connects = full < 1 || second == ramp ? listeners / ramp : 0,
                Sent = sent,
                Received = sent == 0 ? 0 : sent - (hiccup > 1 ? rate / 5 : 0),
                Errors = hiccup > 1 ? 14 : 0,
                P50 = sent == 0 ? null : (long)(880 * (1 + (random.NextDouble() / 8))),
                P99 = sent == 0 ? null : (long)(2_100 * hiccup * (1 + (random.NextDouble() / 2))),
                Cores = new Dictionary<string, double>
                {
                    ["node-1"] = 0.28 + (random.NextDouble() / 20),
                    ["node-2"] = 0.25 + (random.NextDouble() / 20),
                    ["webapp-1"] = 0.16 + (random.NextDouble() / 20),
                    ["webapp-2"] = 0.15 + (random.NextDouble() / 20),
                    ["postgres"] = 0.03,
                    ["storm"] = 0.4 + (random.NextDouble() / 10),
                },
                MemoryKiB = new Dictionary<string, long>
                {
                    ["node-1"] = 140_000 + (long)(91_000 * full),
                    ["node-2"] = 138_000 + (long)(91_000 * full),
                    ["webapp-1"] = 98_000 + (second * 20),
                    ["webapp-2"] = 96_000 + (second * 20),
                    ["postgres"] = 60_000,
                    ["storm"] = 110_000,
                },
            };
        }
    }

    /// <summary>Durations around a median, with a long tail.</summary>
    private static LatencyHistogram Latencies(int seed, int count, double median)
    {
        var random = new Random(seed);
        var histogram = new LatencyHistogram();
        for (var index = 0; index < count; index++)
        {
            var normal = Enumerable.Range(0, 6).Sum(_ => random.NextDouble()) - 3;
            var tail = random.Next(400) == 0 ? random.Next(2, 12) : 1;
            histogram.Add(count == 1 ? (long)median : (long)(median * Math.Exp(normal * 0.35) * tail));
        }

        return histogram;
    }
}
