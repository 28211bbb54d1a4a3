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

    private readonly Counter<long> spilled = meters
        .Create(Meter)
        .CreateCounter<long>(
            "signalbroker.sessions.spilled",
            "{session}",
            "Sessions opened in another region than the wanted one, whose nodes had no room"
        );

    /// <summary>Counts a session that /connect has opened.</summary>
    public void Opened(string node) => opened.Add(1, new KeyValuePair<string, object?>("node", node));

    /// <summary>Counts a session that had to go to another region.</summary>
    public void Spilled(string region, string node) =>
        spilled.Add(1, new("region", region), new KeyValuePair<string, object?>("node", node));
}
