using System.Diagnostics.Metrics;
using SignalBroker.Broker;

namespace SignalBroker.Rooms;

/// <summary>Counters of signals to rooms, tagged by node and outcome.</summary>
internal sealed class RoomsMetrics(IMeterFactory meters)
{
    private readonly Counter<long> copied = meters
        .CreateOwn()
        .CreateCounter<long>("signalbroker.rooms.copies", "{copy}", "Copies of signals published for rooms' members");

    public void Copied(string node, PublishOutcome outcome, int copies) =>
        copied.Add(
            copies,
            new KeyValuePair<string, object?>("node", node),
            new KeyValuePair<string, object?>("outcome", outcome.Name)
        );
}
