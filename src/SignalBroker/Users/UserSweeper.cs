using Microsoft.Extensions.Options;
using SignalBroker.Hosting;

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
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Periodically.RunAsync(
            Interval,
            clock,
            () => store.ForgetAnonymousAsync(options.Value.ForgetAnonymousAfter),
            LogNotForgotten,
            stoppingToken
        );

    [LoggerMessage(LogLevel.Warning, "Anonymous users are forgotten later: {Reason}")]
    private partial void LogNotForgotten(string reason);
}
