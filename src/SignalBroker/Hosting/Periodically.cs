namespace SignalBroker.Hosting;

/// <summary>Work that is repeated as long as the webapp runs.</summary>
internal static class Periodically
{
    /// <summary>Does it after each interval. A failure is reported, and the next interval goes on.</summary>
    public static async Task RunAsync(
        TimeSpan interval,
        TimeProvider clock,
        Func<Task> work,
        Action<string> failed,
        CancellationToken stoppingToken
    )
    {
        using var timer = new PeriodicTimer(interval, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await work();
            }
            catch (Exception failure)
            {
                stoppingToken.ThrowIfCancellationRequested();
                failed(failure.Message);
            }
        }
    }
}
