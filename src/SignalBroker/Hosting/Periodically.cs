namespace SignalBroker.Hosting;

/// <summary>Work that is done again and again as long as the webapp runs.</summary>
internal static class Periodically
{
    /// <summary>Does it each time the interval has passed. What fails is told, and done the next time.</summary>
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
