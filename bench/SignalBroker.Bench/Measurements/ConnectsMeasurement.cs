using System.Diagnostics;
using System.Globalization;
using SignalBroker.Bench.Report;
using SignalBroker.Bench.Systems;

namespace SignalBroker.Bench.Measurements;

/// <summary>Connects of all systems: how many per second, and the memory that listeners take.</summary>
public sealed class ConnectsMeasurement(Scale scale, Action<string> say)
{
    private const int WarmUpListeners = 100;

    // Users of their own for each run: those of an earlier one may not be quite gone.
    private int nextNumber = 1_000_000;

    /// <summary>Measures the memory of each, and then the connects in turns.</summary>
    public async Task<IReadOnlyList<ConnectsRow>> MeasureAsync(
        IReadOnlyList<ISystem> systems,
        CancellationToken cancellationToken
    )
    {
        var memory = new List<ConnectsRow>();
        foreach (var system in systems)
        {
            memory.Add(await MeasureMemoryAsync(system, cancellationToken));
            say($"{system.Name}: {memory[^1].KiBPerListener:F1} KiB per listener");
        }

        var runs = systems.ToDictionary(system => system, _ => new List<ConnectSample>());
        for (var run = 1; run <= scale.Runs; run++)
        {
            foreach (var system in systems)
            {
                var sample = await ConnectAsync(system, cancellationToken);
                runs[system].Add(sample);
                say(
                    $"{system.Name}, run {run}: {sample.PerSecond:F0} connects per second, CPU µs each: "
                        + string.Join(", ", sample.CpuMicroseconds.Select(role => $"{role.Key} {role.Value:F0}"))
                );
            }
        }

        return
        [
            .. systems.Select(
                (system, index) =>
                    memory[index] with
                    {
                        PerSecond = Spread.Of(runs[system], run => run.PerSecond),
                        CpuMicroseconds = Spread.ByRole(runs[system], run => run.CpuMicroseconds),
                    }
            ),
        ];
    }

    /// <summary>Opens listeners once, and closes them again.</summary>
    public async Task<ConnectSample> ConnectAsync(ISystem system, CancellationToken cancellationToken)
    {
        await Quiet.WaitAsync(system, cancellationToken);
        var cpu = CpuMeter.Start(system);
        var start = Stopwatch.GetTimestamp();
        await using var population = await OpenAsync(system, scale.Connects, cancellationToken);
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return new(
            population.Count / seconds,
            cpu.Read().ToDictionary(spent => spent.Key, spent => spent.Value / population.Count)
        );
    }

    private async Task<ConnectsRow> MeasureMemoryAsync(ISystem system, CancellationToken cancellationToken)
    {
        var broker = system as SignalBrokerSystem;
        await using var first = await OpenAsync(system, WarmUpListeners, cancellationToken);
        await Quiet.WaitAsync(system, cancellationToken);
        var empty = await Memory.OfListenersKiBAsync(system, cancellationToken);
        var (processes, erlang) = (await CountProcessesAsync(broker), await MeasureErlangAsync(broker));
        var bytes = await MeasureTableAsync(broker, cancellationToken);

        await using var many = await OpenAsync(system, scale.ManyListeners, cancellationToken);
        await Quiet.WaitAsync(system, cancellationToken);
        var full = await Memory.OfListenersKiBAsync(system, cancellationToken);
        return new ConnectsRow(
            system.Name,
            new([]),
            new Dictionary<string, Spread>(),
            (full - empty) / many.Count,
            empty / 1024
        )
        {
            ErlangKiBPerListener = (await MeasureErlangAsync(broker) - erlang) / 1024 / many.Count,
            ErlangProcessesPerListener = (await CountProcessesAsync(broker) - processes) / many.Count,
            DatabaseBytesPerSession = (await MeasureTableAsync(broker, cancellationToken) - bytes) / many.Count,
        };
    }

    private Task<Population> OpenAsync(ISystem system, int count, CancellationToken cancellationToken)
    {
        nextNumber += count;
        return Population.OpenAsync(system, count, scale.ConnectsAtOnce, cancellationToken, nextNumber - count);
    }

    private static Task<double?> CountProcessesAsync(SignalBrokerSystem? broker) =>
        EvaluateAsync(broker, "erlang:system_info(process_count).");

    // What has become garbage is no listener's.
    private static Task<double?> MeasureErlangAsync(SignalBrokerSystem? broker) =>
        EvaluateAsync(broker, "[garbage_collect(P) || P <- processes()], erlang:memory(total).");

    private static async Task<double?> EvaluateAsync(SignalBrokerSystem? broker, string expression) =>
        broker is null
            ? null
            : double.Parse(await broker.Nodes[0].RunCtlAsync("eval", expression), CultureInfo.InvariantCulture);

    private static async Task<double?> MeasureTableAsync(
        SignalBrokerSystem? broker,
        CancellationToken cancellationToken
    ) =>
        broker is null
            ? null
            : await broker.AskAsync<long>("SELECT pg_total_relation_size('sessions')", cancellationToken);
}

/// <summary>What one run of connects has measured.</summary>
/// <param name="PerSecond">How many clients began to listen per second.</param>
/// <param name="CpuMicroseconds">The CPU time of one, by role.</param>
public sealed record ConnectSample(double PerSecond, IReadOnlyDictionary<string, double> CpuMicroseconds);
