using System.Diagnostics.Metrics;

namespace SignalBroker.Sessions;

/// <summary>What is counted about sessions, tagged by node.</summary>
internal sealed class SessionsMetrics(IMeterFactory meters)
{
    /// <summary>The name of every meter of this webapp.</summary>
    public const string Meter = "SignalBroker";

    private readonly Counter<long> opened = meters
        .Create(Meter)
        .CreateCounter<long>("signalbroker.sessions.opened", "{session}", "Sessions opened by /connect");

    /// <summary>Counts a session that /connect has opened.</summary>
    public void Opened(string node) => opened.Add(1, new KeyValuePair<string, object?>("node", node));
}
