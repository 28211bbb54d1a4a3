namespace SignalBroker.Rooms;

/// <summary>Removes rooms whose members have all been offline for a while.</summary>
internal sealed partial class RoomSweeper(
    RoomStore store,
    IOptions<RoomsOptions> options,
    TimeProvider clock,
    ILogger<RoomSweeper> logger
) : BackgroundService
{
    /// <summary>Sweeps once, unless another webapp is sweeping.</summary>
    public async Task SweepAsync()
    {
        if (await store.SweepAsync(options.Value.EmptyFor) is var removed and > 0)
        {
            LogRemoved(removed);
        }
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Periodically.RunAsync(options.Value.SweepInterval, clock, SweepAsync, LogNotSwept, stoppingToken);

    [LoggerMessage(LogLevel.Information, "Removed {Count} rooms whose members have all been offline for a while")]
    private partial void LogRemoved(int count);

    [LoggerMessage(LogLevel.Warning, "Could not remove empty rooms; trying again later: {Reason}")]
    private partial void LogNotSwept(string reason);
}
