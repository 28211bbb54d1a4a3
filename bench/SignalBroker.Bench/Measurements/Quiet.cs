using System.Diagnostics;
using SignalBroker.Bench.Systems;

namespace SignalBroker.Bench.Measurements;

/// <summary>Waits until a system has done what it still had to do.</summary>
public static class Quiet
{
    private const double BusyShare = 0.05;
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>Returns when its processes have taken next to no CPU time for a moment.</summary>
    public static async Task WaitAsync(ISystem system, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        double share;
        do
        {
            var cpu = CpuMeter.Start(system);
            var before = watch.Elapsed;
            await Task.Delay(Look, TimeProvider.System, cancellationToken);
            share =
                cpu.Read().Where(spent => spent.Key != CpuMeter.Generator).Sum(spent => spent.Value)
                / (watch.Elapsed - before).TotalMicroseconds;
        } while (share > BusyShare && watch.Elapsed < Limit);
    }
}
