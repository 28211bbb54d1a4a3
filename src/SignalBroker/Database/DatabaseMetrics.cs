using System.Diagnostics.Metrics;

namespace SignalBroker.Database;

/// <summary>Whether the database serves this webapp.</summary>
internal sealed class DatabaseMetrics
{
    public DatabaseMetrics(IMeterFactory meters) =>
        meters
            .CreateOwn()
            .CreateObservableGauge(
                "signalbroker.database.up",
                () => Answers ? 1 : 0,
                description: "1 if the database answered the last look at the nodes, 0 if not"
            );

    /// <summary>Whether it answered when it was asked the last time, which is at most a few seconds ago.</summary>
    public bool Answers { get; set; }
}
