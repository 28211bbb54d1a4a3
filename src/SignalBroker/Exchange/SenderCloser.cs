using SignalBroker.Nodes;
using SignalBroker.Sessions;
using SignalBroker.StrangeBehaviors;

namespace SignalBroker.Exchange;

/// <summary>Ends sessions for what they sent through their sockets.</summary>
internal sealed partial class SenderCloser(
    ClosedSenders closed,
    SessionDirectory directory,
    SessionRevoker revoker,
    ILogger<SenderCloser> logger
)
{
    /// <summary>Whether the session was closed a short while ago; what it had sent before is dropped.</summary>
    public bool HasClosed(string listeningKey) => closed.Contains(listeningKey);

    /// <summary>Drops whatever else the session has sent, and returns what ends it and records why.</summary>
    /// <param name="node">The node that it has sent on.</param>
    public Func<Task> Close(Node node, string listeningKey, StrangeKind kind, string detail)
    {
        closed.Add(listeningKey);
        return () => CloseAsync(node, listeningKey, kind, detail);
    }

    private async Task CloseAsync(Node node, string listeningKey, StrangeKind kind, string detail)
    {
        try
        {
            if (await directory.FindAsync(listeningKey) is { } session && session.Node == node.Name)
            {
                await revoker.RevokeAsync(session, kind, detail);
            }
        }
        catch (Exception failure)
        {
            // Nor is it relayed for now; should it go on after that, it is closed then.
            LogNotClosed(listeningKey, detail, failure.Message);
        }
    }

    [LoggerMessage(LogLevel.Warning, "{ListeningKey} is closed later ({Detail}): {Reason}")]
    private partial void LogNotClosed(string listeningKey, string detail, string reason);
}
