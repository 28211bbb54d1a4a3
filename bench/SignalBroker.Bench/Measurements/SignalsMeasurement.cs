using SignalBroker.Bench.Report;
using SignalBroker.Bench.Systems;

namespace SignalBroker.Bench.Measurements;

/// <summary>Signals of all systems: as many as each takes, and their latency at a fixed rate.</summary>
public sealed class SignalsMeasurement(Scale scale, Action<string> say)
{
    private static readonly TimeSpan LatencyWarmUp = TimeSpan.FromSeconds(1);

    /// <summary>Measures the systems in turns.</summary>
    public async Task<IReadOnlyList<SignalsRow>> MeasureAsync(
        IReadOnlyList<ISystem> systems,
        CancellationToken cancellationToken
    )
    {
        var measured = new List<Measured>();
        try
        {
            foreach (var system in systems)
            {
                say($"{system.Name}: {scale.Listeners} listeners connect, and it warms up");
                var population = await Population.OpenAsync(
                    system,
                    scale.Listeners,
                    scale.ConnectsAtOnce,
                    cancellationToken
                );
                measured.Add(new(system, population));
                await new Load(system, population, scale.Sizes[0]).SaturateAsync(scale.WarmUp, cancellationToken);
            }

            for (var run = 1; run <= scale.Runs; run++)
            {
                foreach (var one in measured)
                {
                    await MeasureAsync(one, run, cancellationToken);
                }
            }

            return [.. measured.Select(Row)];
        }
        finally
        {
            foreach (var one in measured)
            {
                await one.Population.DisposeAsync();
            }
        }
    }

    private async Task MeasureAsync(Measured one, int run, CancellationToken cancellationToken)
    {
        foreach (var size in scale.Sizes)
        {
            var allocated = one.System is SignalBrokerSystem before ? await before.AllocatedBytesAsync() : 0;
            var load = new Load(one.System, one.Population, size);
            var sample = await load.SaturateAsync(scale.Duration, cancellationToken);
            one.Saturated.Add((size, sample));
            if (one.System is SignalBrokerSystem after)
            {
                var grown = await after.AllocatedBytesAsync() - allocated;
                one.Allocated.Add((size, grown / Math.Max(1.0, sample.Sent)));
            }

            say($"{one.System.Name}, {size} B, run {run}: {Describe(sample)}");
        }

        if (one.System.TakesSeveral)
        {
            var several = new Load(one.System, one.Population, scale.Sizes[0], scale.PerRequest);
            var sample = await several.SaturateAsync(scale.Duration, cancellationToken);
            one.Several.Add(sample);
            say($"{one.System.Name}, {scale.PerRequest} per request, run {run}: {Describe(sample)}");
        }

        var paced = new Load(one.System, one.Population, scale.Sizes[0]);
        await paced.PaceAsync(scale.Rate, LatencyWarmUp, cancellationToken);
        var latency = await paced.PaceAsync(scale.Rate, scale.Duration, cancellationToken);
        one.Paced.Add(latency);
        say($"{one.System.Name}, {scale.Rate}/s, run {run}: p50 {latency.P50:F0} µs, p99 {latency.P99:F0} µs");
    }

    private static string Describe(LoadSample sample) =>
        $"{sample.PerSecond:F0}/s, CPU µs each: "
        + string.Join(", ", sample.CpuMicroseconds.Select(role => $"{role.Key} {role.Value:F0}"))
        + (sample.Failed + sample.Lost > 0 ? $", {sample.Failed} failed, {sample.Lost} lost" : "");

    private SignalsRow Row(Measured one) =>
        new(
            one.System.Name,
            one.System.Senders,
            one.System.Answers,
            [
                .. scale.Sizes.Select(size =>
                    Saturated(size, [.. one.Saturated.Where(run => run.Size == size).Select(run => run.Sample)])
                ),
            ],
            Spread.Of(one.Paced, run => run.P50),
            Spread.Of(one.Paced, run => run.P99),
            one.Allocated.GroupBy(run => run.Size)
                .ToDictionary(runs => runs.Key, runs => Spread.Of(runs, run => run.Bytes))
        )
        {
            Several = one.Several.Count > 0 ? Saturated(scale.Sizes[0], one.Several) : null,
        };

    private static SaturatedSignals Saturated(int size, IReadOnlyList<LoadSample> runs) =>
        new(
            size,
            Spread.Of(runs, run => run.PerSecond),
            Spread.ByRole(runs, run => run.CpuMicroseconds),
            runs.Sum(run => run.Failed),
            runs.Sum(run => run.Lost)
        );

    private sealed record Measured(ISystem System, Population Population)
    {
        public List<(int Size, LoadSample Sample)> Saturated { get; } = [];
        public List<(int Size, double Bytes)> Allocated { get; } = [];
        public List<LoadSample> Several { get; } = [];
        public List<LoadSample> Paced { get; } = [];
    }
}
