using SignalBroker.Broker;
using SignalBroker.Compatibility;
using SignalBroker.Nodes;

namespace SignalBroker.Sessions;

/// <summary>Closes the broker connections of sessions that have ended.</summary>
/// <remarks>
/// Nobody waits for it: an ended session is out of reach already, and what can't be closed now, because its node is
/// away, the sweep closes later.
/// </remarks>
internal sealed partial class SessionCloser(
    ManagementApi management,
    NodeLinks links,
    OriginalConnections originals,
    NodeCatalog nodes,
    TimeProvider clock,
    ILogger<SessionCloser> logger
) : BackgroundService
{
    /// <summary>
    /// So long an ended session's connection is left to the closer; a reconciliation that came first would take a
    /// replaced one's farewell from it.
    /// </summary>
    public static readonly TimeSpan ClosesWithin = TimeSpan.FromSeconds(5);

    private const string Replaced = "replaced by a newer session";
    private const string Ended = "ended by an operator or a backend";

    // A node confirms a farewell before it has delivered it, and delivers nothing more to a connection that is closed.
    private static readonly TimeSpan FarewellDelivery = TimeSpan.FromSeconds(2);

    // Whoever was ended on purpose shall be gone within 2 s.
    private static readonly TimeSpan ShortFarewell = TimeSpan.FromSeconds(1);

    private readonly NodeWorkers<Ending> workers = new(nodes, clock);

    /// <summary>Closes the session's connection soon.</summary>
    public void Close(Session session, string reason) => workers.Add(session.Node, new(session, reason));

    /// <summary>The same for one whose place another one has taken, which is told so before.</summary>
    public void Replace(Session session)
    {
        if (session.OriginalClient)
        {
            Close(session, Replaced);
        }
        else
        {
            _ = TellAsync(session, SessionEvents.Replaced(clock), FarewellDelivery, Replaced);
        }
    }

    /// <summary>The same for one that an operator or a backend has ended.</summary>
    /// <param name="reason">What they say about it; null if nothing.</param>
    public void End(Session session, string? reason)
    {
        if (session.OriginalClient)
        {
            Close(session, Ended);
        }
        else
        {
            _ = TellAsync(session, SessionEvents.Ended(clock, reason), ShortFarewell, Ended);
        }
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        workers.RunAsync(CloseAsync, (node, count, reason) => LogNotClosed(count, node.Name, reason), stoppingToken);

    // A client that does not get it, because its network is away, hears the same from /connect when it comes back.
    private async Task TellAsync(Session session, byte[] farewell, TimeSpan delivery, string reason)
    {
        try
        {
            await links.PublishAsync(session.Node, session.Queue, farewell, SessionEvents.Lasts, PublishOrder.Free);
            await Task.Delay(delivery, clock);
        }
        finally
        {
            Close(session, reason);
        }
    }

    // An original page's connections all bear the user's name, and the user may have others.
    private Task CloseAsync(Node node, Ending ending, CancellationToken cancellationToken) =>
        ending.Session.OriginalClient
            ? originals.CloseAsync(node, ending.Session.ListeningKey, ending.Reason, cancellationToken)
            : management.CloseConnectionsAsync(node, ending.Session.ListeningKey, ending.Reason, cancellationToken);

    private sealed record Ending(Session Session, string Reason);

    [LoggerMessage(LogLevel.Warning, "Closing {Count} sessions' connections on node {Node} was postponed: {Reason}")]
    private partial void LogNotClosed(int count, string node, string reason);
}
