using Microsoft.Extensions.Options;

namespace SignalBroker.Rooms;

/// <summary>Removes rooms of whose members none has had a session for long.</summary>
public sealed partial class RoomSweeper(
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

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.SweepInterval, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await SweepAsync();
            }
            catch (Exception failure)
            {
                stoppingToken.ThrowIfCancellationRequested();
                LogNotSwept(failure.Message);
            }
        }
    }

    [LoggerMessage(LogLevel.Information, "{Count} rooms were empty for long and are removed")]
    private partial void LogRemoved(int count);

    [LoggerMessage(LogLevel.Warning, "Empty rooms are removed later: {Reason}")]
    private partial void LogNotSwept(string reason);
}
