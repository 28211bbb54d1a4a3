using System.Threading.Channels;
using SignalBroker.Broker;
using SignalBroker.Compatibility;
using SignalBroker.Nodes;

namespace SignalBroker.Sessions;

/// <summary>Closes the broker connections of sessions that have ended.</summary>
/// <remarks>
/// Nobody waits for it: an ended session is out of reach already, and what can't be closed now, because its node is
/// away, the sweep closes later.
/// </remarks>
public sealed partial class SessionCloser(
    ManagementApi management,
    OriginalConnections originals,
    NodeCatalog nodes,
    ILogger<SessionCloser> logger
) : BackgroundService
{
    private const int MostWaiting = 10_000;

    // Each node has a worker of its own: one that does not answer must not keep the others' connections.
    private readonly Dictionary<string, Channel<(Session Session, string Reason)>> waiting = nodes.Nodes.ToDictionary(
        node => node.Name,
        _ =>
            Channel.CreateBounded<(Session, string)>(
                new BoundedChannelOptions(MostWaiting) { FullMode = BoundedChannelFullMode.DropWrite }
            )
    );

    /// <summary>Closes the session's connection soon.</summary>
    /// <param name="session">A session that has ended.</param>
    /// <param name="reason">What the node logs.</param>
    public void Close(Session session, string reason)
    {
        if (waiting.TryGetValue(session.Node, out var worker))
        {
            worker.Writer.TryWrite((session, reason));
        }
    }

    /// <inheritdoc />
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(nodes.Nodes.Select(node => WorkAsync(node, waiting[node.Name].Reader, stoppingToken)));

    private async Task WorkAsync(
        Node node,
        ChannelReader<(Session Session, string Reason)> ended,
        CancellationToken cancellationToken
    )
    {
        await foreach (var (session, reason) in ended.ReadAllAsync(cancellationToken))
        {
            try
            {
                await CloseAsync(node, session, reason, cancellationToken);
            }
            catch (Exception failure)
            {
                cancellationToken.ThrowIfCancellationRequested();
                LogNotClosed(session.ListeningKey, node.Name, failure.Message);
            }
        }
    }

    // An original page's connections all bear the user's name, and the user may have others.
    private Task CloseAsync(Node node, Session session, string reason, CancellationToken cancellationToken) =>
        session.OriginalClient
            ? originals.CloseAsync(node, session.ListeningKey, reason, cancellationToken)
            : management.CloseConnectionsAsync(node, session.ListeningKey, reason, cancellationToken);

    [LoggerMessage(LogLevel.Warning, "The connection of {ListeningKey} on node {Node} is closed later: {Reason}")]
    private partial void LogNotClosed(string listeningKey, string node, string reason);
}
