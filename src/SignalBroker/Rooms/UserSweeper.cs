using SignalBroker.Users;

namespace SignalBroker.Rooms;

/// <summary>Periodically forgets anonymous users who will not come back.</summary>
internal sealed partial class UserSweeper(
    UserStore store,
    Departures departures,
    IOptions<UsersOptions> options,
    TimeProvider clock,
    ILogger<UserSweeper> logger
) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Periodically.RunAsync(options.Value.SweepInterval, clock, SweepAsync, LogNotForgotten, stoppingToken);

    private async Task SweepAsync()
    {
        await departures.ForgetAnonymousAsync(options.Value.ForgetAnonymousAfter);
        await store.ForgetAnonymousAsync(options.Value.ForgetAnonymousAfter);
    }

    [LoggerMessage(LogLevel.Warning, "Could not forget anonymous users; trying again later: {Reason}")]
    private partial void LogNotForgotten(string reason);
}
