using SignalBroker.Nodes;

namespace SignalBroker.Sessions;

/// <summary>Counts each node's sessions now and then, so that no connect has to.</summary>
public sealed partial class SessionCounter(
    SessionStore store,
    NodeCatalog nodes,
    TimeProvider clock,
    ILogger<SessionCounter> logger
) : BackgroundService
{
    /// <summary>How old the counts may be; so much do webapps know of each other's placements.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    // Counting takes longer the more sessions there are; it never takes more than this share of a core.
    private const double LargestShare = 0.02;

    /// <summary>Counts once.</summary>
    public async Task CountAsync()
    {
        var counts = await store.CountByNodeAsync();
        foreach (var node in nodes.Nodes)
        {
            node.SetSessions(counts.GetValueOrDefault(node.Name));
        }
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            var begun = clock.GetTimestamp();
            try
            {
                await CountAsync();
            }
            catch (Exception failure)
            {
                LogNotCounted(failure.Message);
            }

            var pause = clock.GetElapsedTime(begun) / LargestShare;
            await Task.Delay(pause > Interval ? pause : Interval, clock, stoppingToken);
        }
    }

    [LoggerMessage(LogLevel.Warning, "The sessions can't be counted: {Reason}")]
    private partial void LogNotCounted(string reason);
}
