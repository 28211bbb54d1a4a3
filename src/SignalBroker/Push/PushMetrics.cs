using System.Diagnostics.Metrics;
using System.Text.Json;

namespace SignalBroker.Push;

/// <summary>What is counted about pushes, tagged by what the push service answered.</summary>
internal sealed class PushMetrics(IMeterFactory meters)
{
    private readonly Counter<long> pushed = meters
        .CreateOwn()
        .CreateCounter<long>("signalbroker.pushes", "{push}", "Pushes that were sent to push services");

    public void Pushed(PushAnswer answer) =>
        pushed.Add(
            1,
            new KeyValuePair<string, object?>("outcome", JsonNamingPolicy.CamelCase.ConvertName(answer.GetType().Name))
        );
}
