using SignalBroker.Nodes;

namespace SignalBroker.Presence;

/// <summary>Makes the webapps agree, through the database, on which nodes are reachable.</summary>
/// <remarks>
/// A node is reachable as long as one webapp can use it. A webapp that has not written for a while, because it has just
/// started or the database was down, does not judge at first: the others may not have been able to write either.
/// </remarks>
internal sealed partial class NodeWatch(
    NodeStore store,
    NodeCatalog catalog,
    IOptions<PresenceOptions> options,
    TimeProvider clock,
    ILogger<NodeWatch> logger
) : BackgroundService
{
    /// <summary>How often each webapp records which nodes it can use.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan MaxGap = 3 * Interval;
    private static readonly TimeSpan MinTimeToJudge = TimeSpan.FromSeconds(10);

    private long? regularSince;
    private long writtenAt;

    public async Task WriteAsync()
    {
        var begun = clock.GetTimestamp();
        if (regularSince is null || clock.GetElapsedTime(writtenAt, begun) > MaxGap)
        {
            regularSince = begun;
        }

        var timeToJudge = options.Value.NodeUnknownAfter;
        timeToJudge = timeToJudge > MinTimeToJudge ? timeToJudge : MinTimeToJudge;
        var mayJudge = clock.GetElapsedTime(regularSince.Value, begun) >= timeToJudge;
        var changed = await store.AgreeAsync(
            catalog.Nodes.Where(node => node.IsUsable).Select(node => node.Name),
            mayJudge ? options.Value.NodeUnknownAfter : null
        );
        writtenAt = clock.GetTimestamp();
        foreach (var node in changed)
        {
            LogChanged(node.Name, node.Reachable);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        do
        {
            try
            {
                await WriteAsync();
            }
            catch (Exception failure)
            {
                stoppingToken.ThrowIfCancellationRequested();
                regularSince = null;
                LogNotWritten(failure.Message);
            }
        } while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(LogLevel.Information, "Node {Node} is reachable to some webapp: {Reachable}")]
    private partial void LogChanged(string node, bool reachable);

    [LoggerMessage(LogLevel.Warning, "Could not record which nodes can be used: {Reason}")]
    private partial void LogNotWritten(string reason);
}
