using System.Diagnostics.Metrics;

namespace SignalBroker.Hosting;

/// <summary>What is counted about sweeps, of which only one webapp at a time does one.</summary>
internal sealed class SweepMetrics(IMeterFactory meters)
{
    private readonly Counter<long> swept = meters
        .CreateOwn()
        .CreateCounter<long>("signalbroker.sweeps", "{sweep}", "Sweeps that this webapp has done, or has failed to do");

    /// <param name="of">What is swept: <c>sessions</c> or <c>inboxes</c>.</param>
    public void Swept(string of, bool isDone) =>
        swept.Add(1, new("of", of), new KeyValuePair<string, object?>("outcome", isDone ? "done" : "failed"));
}
