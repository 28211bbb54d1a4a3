using SignalBroker.Bench.Report;
using SignalBroker.Bench.Systems;

namespace SignalBroker.Bench.Measurements;

/// <summary>What a signal costs at a fixed rate, and how many are possible, with so many servers.</summary>
public sealed class GrowthMeasurement(Scale scale, Action<string> say)
{
    public async Task<GrowthRow> MeasureAsync(ISystem system, string servers, CancellationToken cancellationToken)
    {
        await using var population = await Population.OpenAsync(
            system,
            scale.KillListeners,
            scale.ConnectsAtOnce,
            cancellationToken
        );
        var load = new Load(system, population, scale.Sizes[0]);
        await load.SaturateAsync(scale.WarmUp, cancellationToken);
        var (paced, saturated) = (new List<LoadSample>(), new List<LoadSample>());
        for (var run = 1; run <= scale.Runs; run++)
        {
            paced.Add(await load.PaceAsync(scale.GrowthRate, scale.GrowthDuration, cancellationToken));
            saturated.Add(await load.SaturateAsync(scale.GrowthDuration, cancellationToken));
        }

        var cpu = Spread.ByRole(paced, run => run.CpuMicroseconds);
        var row = new GrowthRow(
            system.Name,
            servers,
            cpu,
            Spread.OfServers(cpu),
            Spread.Of(saturated, run => run.PerSecond)
        );
        say(
            $"{row.System}, {row.Servers}: {row.ServersCpuMicroseconds.Median:F0} µs per signal at {scale.GrowthRate}/s, "
                + $"{row.SaturatedPerSecond.Median:F0}/s saturated"
        );
        return row;
    }
}
