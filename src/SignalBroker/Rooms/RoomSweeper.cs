using Microsoft.Extensions.Options;
using SignalBroker.Hosting;

namespace SignalBroker.Rooms;

/// <summary>Removes rooms in which no member has had a session for a long time.</summary>
internal sealed partial class RoomSweeper(
    RoomStore store,
    IOptions<RoomsOptions> options,
    TimeProvider clock,
    ILogger<RoomSweeper> logger
) : BackgroundService
{
    /// <summary>Sweeps once, unless another webapp is at it.</summary>
    public async Task SweepAsync()
    {
        if (await store.SweepAsync(options.Value.EmptyFor) is var removed and > 0)
        {
            LogRemoved(removed);
        }
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Periodically.RunAsync(options.Value.SweepInterval, clock, SweepAsync, LogNotSwept, stoppingToken);

    [LoggerMessage(LogLevel.Information, "{Count} rooms were empty for long and are removed")]
    private partial void LogRemoved(int count);

    [LoggerMessage(LogLevel.Warning, "Removing empty rooms was postponed: {Reason}")]
    private partial void LogNotSwept(string reason);
}
