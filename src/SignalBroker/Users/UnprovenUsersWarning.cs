using Microsoft.Extensions.Options;

namespace SignalBroker.Users;

/// <summary>Says at the start in production that anybody may connect as anybody, while it is so.</summary>
internal sealed partial class UnprovenUsersWarning(
    IOptions<UsersOptions> options,
    IHostEnvironment environment,
    ILogger<UnprovenUsersWarning> logger
) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.Value.Tokens == TokenUse.Off && environment.IsProduction())
        {
            LogUnproven();
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(
        LogLevel.Warning,
        "Users:Tokens is Off: whoever can reach /connect may connect as any user. Set it to Required, or to Optional to let anonymous users in as well"
    )]
    private partial void LogUnproven();
}
