using System.Text;
using System.Threading.Channels;
using SignalBroker.Broker;
using SignalBroker.Compatibility;
using SignalBroker.Identity;
using SignalBroker.Nodes;

namespace SignalBroker.Sessions;

/// <summary>Closes the broker connections of sessions that have ended.</summary>
/// <remarks>
/// Nobody waits for it: an ended session is out of reach already, and what can't be closed now, because its node is
/// away, the sweep closes later.
/// </remarks>
public sealed partial class SessionCloser(
    ManagementApi management,
    NodeLinks links,
    OriginalConnections originals,
    NodeCatalog nodes,
    TimeProvider clock,
    ILogger<SessionCloser> logger
) : BackgroundService
{
    private const int MostWaiting = 10_000;
    private const string Replaced = "replaced by a newer session";

    private static readonly TimeSpan FarewellLasts = TimeSpan.FromSeconds(10);

    // A node confirms a farewell before it has delivered it, and delivers nothing more to a connection that is closed.
    private static readonly TimeSpan FarewellDelivery = TimeSpan.FromSeconds(2);

    // Each node has a worker of its own: one that does not answer must not keep the others' connections.
    private readonly Dictionary<string, Channel<Ending>> waiting = nodes.Nodes.ToDictionary(
        node => node.Name,
        _ =>
            Channel.CreateBounded<Ending>(
                new BoundedChannelOptions(MostWaiting) { FullMode = BoundedChannelFullMode.DropWrite }
            )
    );

    /// <summary>Closes the session's connection soon.</summary>
    /// <param name="session">A session that has ended.</param>
    /// <param name="reason">What the node logs.</param>
    public void Close(Session session, string reason) => Close(new Ending(session, reason, IsReplaced: false));

    /// <summary>The same for one whose place another one has taken, which is told so before.</summary>
    public void Replace(Session session) => Close(new Ending(session, Replaced, IsReplaced: !session.OriginalClient));

    /// <inheritdoc />
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(nodes.Nodes.Select(node => WorkAsync(node, waiting[node.Name].Reader, stoppingToken)));

    private async Task WorkAsync(Node node, ChannelReader<Ending> endings, CancellationToken cancellationToken)
    {
        await foreach (var (session, reason, isReplaced) in endings.ReadAllAsync(cancellationToken))
        {
            if (isReplaced)
            {
                // A node that does not confirm must not keep what has been revoked open meanwhile.
                _ = TellReplacedAsync(session);
                continue;
            }

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

    // A client that does not get it, because its network is away, hears the same from /connect when it comes back.
    private async Task TellReplacedAsync(Session session)
    {
        var envelope = Encoding.UTF8.GetBytes(
            $$$"""{"type":"session","sentAt":"{{{clock.GetUtcNow():yyyy-MM-dd'T'HH:mm:ss.fff'Z'}}}","content":{"event":"replaced"}}"""
        );
        try
        {
            await links.PublishAsync(session.Node, Topology.QueueOf(session.ListeningKey), envelope, FarewellLasts);
            await Task.Delay(FarewellDelivery, clock);
        }
        finally
        {
            Close(session, Replaced);
        }
    }

    private void Close(Ending ending)
    {
        if (waiting.TryGetValue(ending.Session.Node, out var worker))
        {
            worker.Writer.TryWrite(ending);
        }
    }

    // An original page's connections all bear the user's name, and the user may have others.
    private Task CloseAsync(Node node, Session session, string reason, CancellationToken cancellationToken) =>
        session.OriginalClient
            ? originals.CloseAsync(node, session.ListeningKey, reason, cancellationToken)
            : management.CloseConnectionsAsync(node, session.ListeningKey, reason, cancellationToken);

    private sealed record Ending(Session Session, string Reason, bool IsReplaced);

    [LoggerMessage(LogLevel.Warning, "The connection of {ListeningKey} on node {Node} is closed later: {Reason}")]
    private partial void LogNotClosed(string listeningKey, string node, string reason);
}
