using System.Diagnostics;
using SignalBroker.Bench.Report;
using SignalBroker.Bench.Systems;
using SignalBroker.Bench.Wire;

namespace SignalBroker.Bench.Measurements;

/// <summary>What it costs the servers to set up a call: pairs of clients send each other what real pages did.</summary>
public sealed class CallsMeasurement(Scale scale, Action<string> say)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Measures the systems in turns.</summary>
    public async Task<IReadOnlyList<CallsRow>> MeasureAsync(
        IReadOnlyList<ISystem> systems,
        CancellationToken cancellationToken
    )
    {
        var measured = new List<(ISystem System, Population Population, List<CallsSample> Runs)>();
        try
        {
            foreach (var system in systems.Where(system => system.CallTurns.Count > 0))
            {
                var population = await Population.OpenAsync(
                    system,
                    2 * scale.CallsAtOnce,
                    scale.ConnectsAtOnce,
                    cancellationToken
                );
                measured.Add((system, population, []));
                await CallAsync(system, population, scale.WarmUp, cancellationToken);
            }

            for (var run = 1; run <= scale.Runs; run++)
            {
                foreach (var (system, population, runs) in measured)
                {
                    var sample = await CallAsync(system, population, scale.Duration, cancellationToken);
                    runs.Add(sample);
                    say(
                        $"{system.Name}, run {run}: {sample.PerSecond:F0} calls per second, CPU µs each: "
                            + string.Join(", ", sample.CpuMicroseconds.Select(role => $"{role.Key} {role.Value:F0}"))
                    );
                }
            }

            return [.. measured.Select(one => Row(one.System, one.Runs))];
        }
        finally
        {
            foreach (var (_, population, _) in measured)
            {
                await population.DisposeAsync();
            }
        }
    }

    private static CallsRow Row(ISystem system, List<CallsSample> runs) =>
        new(
            system.Name,
            system.CallTurns.Sum(turn => turn.Sizes.Count),
            system.CallTurns.Sum(turn => system.TakesSeveral ? 1 : turn.Sizes.Count),
            system.CallTurns.Sum(turn => turn.Sizes.Sum()),
            Spread.Of(runs, run => run.PerSecond),
            Spread.ByRole(runs, run => run.CpuMicroseconds)
        );

    /// <summary>Each pair calls again and again; those under way at the end are waited for.</summary>
    private async Task<CallsSample> CallAsync(
        ISystem system,
        Population population,
        TimeSpan duration,
        CancellationToken cancellationToken
    )
    {
        var tally = system.Arrivals.Begin();
        var cpu = CpuMeter.Start(system);
        var watch = Stopwatch.StartNew();
        var calls = 0;
        var pairs = Enumerable.Range(0, scale.CallsAtOnce).Select(pair => Task.Run(() => CallAgainAndAgainAsync(pair)));
        await Task.WhenAll(pairs).WaitAsync(duration + Patience, TimeProvider.System, cancellationToken);
        var spent = cpu.Read();
        return new(
            calls / watch.Elapsed.TotalSeconds,
            spent.ToDictionary(role => role.Key, role => role.Value / calls)
        );

        async Task CallAgainAndAgainAsync(int pair)
        {
            var (caller, callee) = (population[2 * pair], population[(2 * pair) + 1]);
            var turns = system.CallTurns.Select(turn => new Turn(turn)).ToArray();
            while (watch.Elapsed < duration)
            {
                foreach (var turn in turns)
                {
                    await turn.PlayAsync(tally, caller, callee);
                }

                Interlocked.Increment(ref calls);
            }
        }
    }

    private sealed class Turn(CallTurn turn)
    {
        private readonly (Signal Signal, Answer Arrival)[] parts =
        [
            .. turn.Sizes.Select(size => (new Signal(size), new Answer())),
        ];

        /// <summary>Sends the turn's signals, and waits until all have arrived.</summary>
        public async Task PlayAsync(Tally tally, IClient caller, IClient callee)
        {
            Task[] arrivals =
            [
                .. parts.Select(part => tally.ArrivalOf(tally.Stamp(part.Signal), part.Arrival).AsTask()),
            ];
            var (from, to) = turn.ByCaller ? (caller, callee) : (callee, caller);
            if (!await from.SendAllAsync(to, [.. parts.Select(part => part.Signal)]))
            {
                throw new ClientFailedException($"{from.Address} could not send to {to.Address}.");
            }

            await Task.WhenAll(arrivals);
        }
    }

    private sealed record CallsSample(double PerSecond, IReadOnlyDictionary<string, double> CpuMicroseconds);
}
