using Microsoft.Extensions.Options;

namespace SignalBroker.Compatibility;

/// <summary>The settings under <c>Compatibility:</c>.</summary>
public sealed class CompatibilityOptions
{
    public const string Section = "Compatibility";

    /// <summary>Whether the page of the original messaging-server project works. Weaker than the usual way; see <see cref="OriginalClient"/>.</summary>
    public bool OriginalClient { get; set; }
}

/// <summary>Lets the original project's page work unchanged.</summary>
/// <remarks>
/// That page logs in with its user id and, as passcode, its listening key, and proves itself to nobody when it sends
/// or disconnects. So while this is on, a listening key of such a session is a secret and is told to nobody else,
/// and anybody may send in anybody's name.
/// </remarks>
public sealed partial class OriginalClient(IOptions<CompatibilityOptions> options, ILogger<OriginalClient> logger)
    : IHostedService
{
    /// <summary>Whether it is on.</summary>
    public bool Enabled { get; } = options.Value.OriginalClient;

    /// <inheritdoc />
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (Enabled)
        {
            LogEnabled();
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(
        LogLevel.Warning,
        "Compatibility:OriginalClient is on: whoever can reach /exchange may send in anybody's name. Turn it off as soon as the last original page is gone"
    )]
    private partial void LogEnabled();
}
