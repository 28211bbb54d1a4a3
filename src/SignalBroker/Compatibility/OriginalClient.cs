using Microsoft.Extensions.Options;
using SignalBroker.Http;
using SignalBroker.Identity;
using SignalBroker.Nodes;

namespace SignalBroker.Compatibility;

/// <summary>The settings under <c>Compatibility:</c>.</summary>
internal sealed class CompatibilityOptions
{
    public const string Section = "Compatibility";

    /// <summary>
    /// Whether the page of the original messaging-server project works. Anybody can send in anybody's name then.
    /// </summary>
    public bool OriginalClient { get; set; }
}

/// <summary>Lets the original project's page work unchanged: everything that is different for it is asked here.</summary>
/// <remarks>
/// That page logs in with its user id and, as passcode, its listening key, and proves itself to nobody when it sends
/// or disconnects. So while this is on, a listening key of such a session is a secret and is told to nobody else,
/// and anybody may send in anybody's name.
/// </remarks>
internal sealed partial class OriginalClient(
    NodeCatalog nodes,
    IOptions<CompatibilityOptions> options,
    ILogger<OriginalClient> logger
) : IHostedService
{
    public bool Enabled { get; } = options.Value.OriginalClient;

    /// <summary>Whether others may learn a session's listening key.</summary>
    public bool TellsKeys => !Enabled;

    /// <summary>Whether an original page may log in to a node under this name: no user of a broker's own has it.</summary>
    public bool MayLogIn(string userId) => Enabled && UserId.IsPlain(userId) && !nodes.IsBrokerUser(userId);

    /// <summary>Whether this is the passcode of an original page.</summary>
    public bool IsPasscode(string passcode) => Enabled && ListeningKey.IsWellFormed(passcode);

    /// <summary>Who sends, by the form's own word; null when the request is not of an original page.</summary>
    /// <exception cref="RefusedException">The form can't be read, or its field is misspelled or given twice.</exception>
    public async ValueTask<string?> FindSenderAsync(HttpRequest request) =>
        await ReadAsync(request, "fromUserId") is { } userId && UserId.IsPlain(userId) ? userId : null;

    /// <summary>The credential of a page that disconnects: its queue's name, which is its secret too; null when it is no original page.</summary>
    /// <exception cref="RefusedException">The form can't be read, or its field is misspelled or given twice.</exception>
    public async ValueTask<Credential?> FindCredentialAsync(HttpRequest request) =>
        await ReadAsync(request, "queueName") is { } key && ListeningKey.IsWellFormed(key)
            ? new(key, PasscodeHash.Of(key))
            : null;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (Enabled)
        {
            LogEnabled();
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async ValueTask<string?> ReadAsync(HttpRequest request, string field) =>
        Enabled && request.Headers.Authorization.Count == 0 && RequestBody.HasForm(request)
            ? new FormFields(await RequestBody.ReadFormAsync(request), field)[field]
            : null;

    [LoggerMessage(
        LogLevel.Warning,
        "Compatibility:OriginalClient is on: whoever can reach /exchange may send in anybody's name. Turn it off as soon as the last original page is gone"
    )]
    private partial void LogEnabled();
}
