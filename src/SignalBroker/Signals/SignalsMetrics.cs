using System.Diagnostics.Metrics;
using SignalBroker.Broker;

namespace SignalBroker.Signals;

/// <summary>What is counted about signals, tagged by node and outcome.</summary>
internal sealed class SignalsMetrics(IMeterFactory meters)
{
    private readonly Counter<long> routed = meters
        .CreateOwn()
        .CreateCounter<long>("signalbroker.signals.routed", "{signal}", "Signals published to a session's queue");

    /// <summary>Counts one signal to one session.</summary>
    public void Routed(string node, PublishOutcome outcome) =>
        routed.Add(
            1,
            new KeyValuePair<string, object?>("node", node),
            new KeyValuePair<string, object?>("outcome", outcome.Name)
        );
}
