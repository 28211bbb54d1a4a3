using System.Diagnostics.Metrics;

namespace SignalBroker.Operations;

/// <summary>Says which version runs.</summary>
internal sealed class BuildMetrics
{
    public BuildMetrics(IMeterFactory meters) =>
        meters
            .CreateOwn()
            .CreateObservableGauge(
                "signalbroker.build.info",
                () => new Measurement<int>(1, new KeyValuePair<string, object?>("version", VersionCommand.Version)),
                description: "1, with the version as label"
            );
}
