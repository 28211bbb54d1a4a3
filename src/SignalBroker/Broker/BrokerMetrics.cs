using System.Diagnostics.Metrics;

namespace SignalBroker.Broker;

/// <summary>What is measured about publishes.</summary>
internal sealed class BrokerMetrics(IMeterFactory meters, TimeProvider clock)
{
    private readonly Histogram<double> published = meters.CreateTimes(
        "signalbroker.publish.duration",
        "From a publish to the node's answer"
    );

    /// <summary>What takes down how long a node needed for a publish.</summary>
    public Action<Publication> TimesOf(string node)
    {
        var tag = new KeyValuePair<string, object?>("node", node);
        return publication => published.Record(clock.GetElapsedTime(publication.Since).TotalSeconds, tag);
    }
}
