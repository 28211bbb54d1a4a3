using SignalBroker.Bench.Systems;

namespace SignalBroker.Bench.Measurements;

/// <summary>So many signals as fast as they go, until the last one has arrived.</summary>
public sealed class HeadlineMeasurement(Scale scale, Action<string> say)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>Sends them in each run.</summary>
    public async Task<IReadOnlyList<LoadSample>> MeasureAsync(ISystem system, CancellationToken cancellationToken)
    {
        await using var population = await Population.OpenAsync(
            system,
            scale.Listeners,
            scale.ConnectsAtOnce,
            cancellationToken
        );
        var load = new Load(system, population, scale.Sizes[0]);
        await load.SaturateAsync(scale.WarmUp, cancellationToken);
        var runs = new List<LoadSample>();
        for (var run = 1; run <= scale.Runs; run++)
        {
            var sample = await load.SaturateAsync(Limit, cancellationToken, scale.HeadlineSignals);
            runs.Add(sample);
            say(
                $"{sample.Arrived} of {scale.HeadlineSignals} signals arrived within {sample.Elapsed.TotalSeconds:F1} s"
            );
        }

        return runs;
    }
}
