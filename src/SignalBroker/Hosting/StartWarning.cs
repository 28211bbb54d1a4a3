namespace SignalBroker.Hosting;

/// <summary>Logs a warning when the webapp starts.</summary>
internal sealed partial class StartWarning(string warning, ILogger<StartWarning> logger) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        LogWarning(warning);
        return Task.CompletedTask;
    }

    [LoggerMessage(LogLevel.Warning, "{Warning}")]
    private partial void LogWarning(string warning);
}
