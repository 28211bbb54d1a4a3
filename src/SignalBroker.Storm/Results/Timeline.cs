namespace SignalBroker.Storm.Results;

/// <summary>A run second by second, or in longer steps if it was long.</summary>
public sealed class Timeline
{
    private const int MaxSteps = 360;

    private Timeline(IReadOnlyList<Tick> ticks, int stepSeconds) => (Ticks, StepSeconds) = (ticks, stepSeconds);

    /// <summary>The steps: means of what is counted, the worst 99th percentile, what was there at the end.</summary>
    public IReadOnlyList<Tick> Ticks { get; }

    /// <summary>How long a step is.</summary>
    public int StepSeconds { get; }

    public int Seconds => Ticks.Count == 0 ? 0 : Ticks[^1].Second;

    /// <summary>Takes as many seconds together as a plot needs.</summary>
    public static Timeline Of(IReadOnlyList<Tick> ticks)
    {
        var seconds = ticks.Select(tick => tick.Second).DefaultIfEmpty().Max();
        var step = Math.Max(1, (int)Math.Ceiling(seconds / (double)MaxSteps));
        // A second may have two ticks when the machine was too busy to take them in time.
        return new(
            [
                .. ticks
                    .OrderBy(tick => tick.Second)
                    .GroupBy(tick => (tick.Second - 1) / step)
                    .Select(group => Sum([.. group])),
            ],
            step
        );
    }

    private static Tick Sum(Tick[] ticks) =>
        new()
        {
            Second = ticks[^1].Second,
            Listening = ticks[^1].Listening,
            Connects = Mean(ticks, tick => tick.Connects),
            Sent = Mean(ticks, tick => tick.Sent),
            Received = Mean(ticks, tick => tick.Received),
            Errors = (long)Math.Ceiling(ticks.Average(tick => tick.Errors)),
            P50 = (long?)ticks.Average(tick => tick.P50),
            P99 = ticks.Max(tick => tick.P99),
            Cores = ticks
                .SelectMany(tick => tick.Cores)
                .GroupBy(core => core.Key)
                .ToDictionary(group => group.Key, group => group.Average(core => core.Value)),
            MemoryKiB = ticks
                .SelectMany(tick => tick.MemoryKiB)
                .GroupBy(memory => memory.Key)
                .ToDictionary(group => group.Key, group => group.Last().Value),
        };

    private static long Mean(Tick[] ticks, Func<Tick, long> value) => (long)Math.Round(ticks.Average(value));
}
