using System.Diagnostics.Metrics;
using System.Text.Json;

namespace SignalBroker.StrangeBehaviors;

/// <summary>What is counted about strange behavior, tagged by its kind.</summary>
internal sealed class StrangeMetrics(IMeterFactory meters)
{
    private readonly Counter<long> seen = meters
        .CreateOwn()
        .CreateCounter<long>("signalbroker.strange_behaviors", "{sighting}", "Sightings of strange behavior");

    public void Seen(StrangeKind kind) =>
        seen.Add(1, new KeyValuePair<string, object?>("kind", JsonNamingPolicy.CamelCase.ConvertName(kind.ToString())));
}
