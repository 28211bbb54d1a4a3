using System.Diagnostics.Metrics;

namespace SignalBroker.Http;

/// <summary>What is counted about limits that somebody has run into.</summary>
internal sealed class LimitMetrics(IMeterFactory meters)
{
    private readonly Counter<long> refused = meters
        .CreateOwn()
        .CreateCounter<long>("signalbroker.limits.refused", "{refusal}", "What a limit has turned away");

    /// <param name="limit">The full name of the setting that says how much is allowed.</param>
    public void Refused(string limit) => refused.Add(1, new KeyValuePair<string, object?>("limit", limit));
}
