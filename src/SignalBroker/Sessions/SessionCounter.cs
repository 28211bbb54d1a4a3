using SignalBroker.Nodes;

namespace SignalBroker.Sessions;

/// <summary>Counts each node's sessions now and then, so that no connect has to.</summary>
internal sealed partial class SessionCounter(
    SessionStore store,
    NodeCatalog nodes,
    TimeProvider clock,
    ILogger<SessionCounter> logger
) : BackgroundService
{
    /// <summary>The time between two counts; so much do webapps know of each other's placements.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    // Counting takes longer the more sessions there are, and the fewer of them a while changes. Fewer than one signal in a
    // hundred shall meet a count, unless the counts would grow too old.
    private const double LargestShare = 0.005;
    private static readonly TimeSpan MaxInterval = TimeSpan.FromSeconds(30);

    public async Task CountAsync()
    {
        var counts = await store.CountByNodeAsync();
        foreach (var node in nodes.Nodes)
        {
            node.SetSessions(counts.GetValueOrDefault(node.Name));
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            var pause = Interval;
            try
            {
                var begun = clock.GetTimestamp();
                await CountAsync();
                pause = Clamp(clock.GetElapsedTime(begun) / LargestShare);
            }
            catch (Exception failure)
            {
                LogNotCounted(failure.Message);
            }

            await Task.Delay(pause, clock, stoppingToken);
        }
    }

    private static TimeSpan Clamp(TimeSpan pause) =>
        pause < Interval ? Interval
        : pause > MaxInterval ? MaxInterval
        : pause;

    [LoggerMessage(LogLevel.Warning, "The sessions can't be counted: {Reason}")]
    private partial void LogNotCounted(string reason);
}
