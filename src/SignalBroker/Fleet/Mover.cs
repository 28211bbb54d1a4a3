using SignalBroker.Broker;
using SignalBroker.Nodes;
using SignalBroker.Sessions;

namespace SignalBroker.Fleet;

/// <summary>Tells sessions to move away from nodes that drain or hold more than their share, and closes those that don't.</summary>
/// <remarks>
/// All webapps do it, in turns that the database gives: so the pace is the fleet's, and nobody notices if one of them dies.
/// </remarks>
internal sealed partial class Mover(
    FleetStore store,
    SessionStore sessions,
    NodeCatalog catalog,
    NodeLinks links,
    SessionCloser closer,
    SessionsMetrics metrics,
    IOptions<FleetOptions> options,
    TimeProvider clock,
    ILogger<Mover> logger
) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    // A turn that comes late makes up for it, but not for an hour without webapps.
    private static readonly TimeSpan LongestTurn = TimeSpan.FromSeconds(3);

    // So many seconds' worth of sessions may be about to move: where the others are slow to take them, fewer are told.
    private const int SecondsUnderWay = 3;

    /// <summary>Has this webapp's turn, if it is its turn.</summary>
    public async Task MoveAsync()
    {
        foreach (var node in catalog.Nodes.Where(node => node.IsReached))
        {
            await MoveAsync(node);
        }

        foreach (var session in await sessions.EndUnmovedAsync())
        {
            metrics.NotMoved(session.Node);
            closer.Close(session, "its node is to be taken away; connect again");
        }
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Periodically.RunAsync(Interval, clock, MoveAsync, LogNotMoved, stoppingToken);

    private async Task MoveAsync(Node node)
    {
        var room = catalog
            .Nodes.Where(other => other != node && other.State == NodeState.Ready)
            .Sum(other => other.Capacity - other.Sessions);
        node.LacksRoom = room <= 0;
        // A little early, so that the webapps' timers don't miss every other turn.
        if (room <= 0 || await store.TakeTurnAsync(node.Name, 0.9 * Interval) is not { } turn)
        {
            return;
        }

        var seconds = Clamp(turn.Since ?? Interval).TotalSeconds;
        var perSecond = options.Value.MovesPerSecond / (turn.Drains ? 1 : (double)turn.Sources);
        var most = Math.Min((int)Math.Ceiling(perSecond * seconds), room);
        var told = await sessions.TakeToMoveAsync(
            node.Name,
            turn.Drains ? most : Math.Min(most, turn.Surplus),
            options.Value.MoveWithin,
            (int)Math.Ceiling(SecondsUnderWay * perSecond)
        );
        foreach (var session in told.Where(session => !session.OriginalClient))
        {
            _ = links
                .PublishAsync(
                    session.Node,
                    session.Queue,
                    SessionEvents.Move(clock, options.Value.MoveWithin),
                    SessionEvents.Lasts,
                    PublishOrder.Free
                )
                .AsTask();
        }

        if (told.Count > 0)
        {
            metrics.ToldToMove(node.Name, told.Count);
            LogMoving(told.Count, node.Name);
            await store.ReduceSurplusAsync(node.Name, told.Count);
        }
    }

    private static TimeSpan Clamp(TimeSpan turn) =>
        turn < Interval ? Interval
        : turn > LongestTurn ? LongestTurn
        : turn;

    [LoggerMessage(LogLevel.Information, "Told {Count} sessions of node {Node} to move")]
    private partial void LogMoving(int count, string node);

    [LoggerMessage(LogLevel.Warning, "Moving sessions was postponed: {Reason}")]
    private partial void LogNotMoved(string reason);
}
