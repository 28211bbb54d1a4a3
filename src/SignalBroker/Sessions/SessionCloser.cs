using System.Threading.Channels;
using SignalBroker.Broker;
using SignalBroker.Nodes;

namespace SignalBroker.Sessions;

/// <summary>Closes the broker connections of sessions that have ended.</summary>
/// <remarks>
/// Nobody waits for it: an ended session is out of reach already, and what can't be closed now, because its node is
/// away, the sweep closes later.
/// </remarks>
public sealed partial class SessionCloser(ManagementApi management, NodeCatalog nodes, ILogger<SessionCloser> logger)
    : BackgroundService
{
    private const int MostWaiting = 10_000;
    private const int AtOnce = 4;

    private readonly Channel<(Session Session, string Reason)> waiting = Channel.CreateBounded<(Session, string)>(
        new BoundedChannelOptions(MostWaiting) { FullMode = BoundedChannelFullMode.DropWrite }
    );

    /// <summary>Closes the session's connection soon.</summary>
    /// <param name="session">A session that has ended.</param>
    /// <param name="reason">What the node logs.</param>
    public void Close(Session session, string reason) => waiting.Writer.TryWrite((session, reason));

    /// <summary>Closes the session's connection now.</summary>
    /// <exception cref="HttpRequestException">The node can't be reached or refuses.</exception>
    public Task CloseAsync(Session session, string reason, CancellationToken cancellationToken)
    {
        if (!nodes.TryGet(session.Node, out var node))
        {
            return Task.CompletedTask;
        }

        // An original page's connections all bear the user's name, and the user may have others.
        return session.OriginalClient
            ? management.CloseOwnerAsync(node, Topology.QueueOf(session.ListeningKey), reason, cancellationToken)
            : management.CloseConnectionsAsync(node, session.ListeningKey, reason, cancellationToken);
    }

    /// <inheritdoc />
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => WorkAsync(stoppingToken)));

    private async Task WorkAsync(CancellationToken cancellationToken)
    {
        await foreach (var (session, reason) in waiting.Reader.ReadAllAsync(cancellationToken))
        {
            try
            {
                await CloseAsync(session, reason, cancellationToken);
            }
            catch (Exception failure)
            {
                cancellationToken.ThrowIfCancellationRequested();
                LogNotClosed(session.ListeningKey, session.Node, failure.Message);
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "The connection of {ListeningKey} on node {Node} is closed later: {Reason}")]
    private partial void LogNotClosed(string listeningKey, string node, string reason);
}
