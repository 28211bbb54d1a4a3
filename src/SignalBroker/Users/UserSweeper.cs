using Microsoft.Extensions.Options;

namespace SignalBroker.Users;

/// <summary>Forgets now and then the anonymous users who will not come back.</summary>
public sealed partial class UserSweeper(
    UserStore store,
    IOptions<UsersOptions> options,
    TimeProvider clock,
    ILogger<UserSweeper> logger
) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await store.ForgetAnonymousAsync(options.Value.ForgetAnonymousAfter);
            }
            catch (Exception failure)
            {
                stoppingToken.ThrowIfCancellationRequested();
                LogNotForgotten(failure.Message);
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "Anonymous users are forgotten later: {Reason}")]
    private partial void LogNotForgotten(string reason);
}
