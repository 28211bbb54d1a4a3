using System.Diagnostics.Metrics;

namespace SignalBroker.Sessions;

/// <summary>What is counted about sessions, tagged by node.</summary>
internal sealed class SessionsMetrics(IMeterFactory meters)
{
    private readonly Counter<long> opened = meters
        .CreateOwn()
        .CreateCounter<long>("signalbroker.sessions.opened", "{session}", "Sessions opened by /connect");

    private readonly Counter<long> spilled = meters
        .CreateOwn()
        .CreateCounter<long>(
            "signalbroker.sessions.spilled",
            "{session}",
            "Sessions opened in another region than the wanted one, whose nodes had no room"
        );

    private readonly Counter<long> moves = meters
        .CreateOwn()
        .CreateCounter<long>("signalbroker.sessions.moves", "{session}", "Sessions that move, by how far they are");

    /// <summary>Counts a session that /connect has opened.</summary>
    public void Opened(string node) => opened.Add(1, new KeyValuePair<string, object?>("node", node));

    /// <summary>Counts a session that had to go to another region.</summary>
    public void Spilled(string region, string node) =>
        spilled.Add(1, new("region", region), new KeyValuePair<string, object?>("node", node));

    /// <summary>Counts sessions that were told to move away from the node.</summary>
    public void ToldToMove(string node, int sessions) => Moved(node, "told", sessions);

    /// <summary>Counts a session of the node that another one takes over from while it still listens.</summary>
    public void Succeeded(string node) => Moved(node, "succeeded", 1);

    /// <summary>Counts a session that was told to move away from the node, and has ended because it did not.</summary>
    public void NotMoved(string node) => Moved(node, "overdue", 1);

    private void Moved(string node, string step, int sessions) =>
        moves.Add(sessions, new("node", node), new KeyValuePair<string, object?>("step", step));
}
