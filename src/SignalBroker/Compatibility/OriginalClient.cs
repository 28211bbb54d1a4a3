using SignalBroker.Nodes;

namespace SignalBroker.Compatibility;

/// <summary>The settings under <c>Compatibility:</c>.</summary>
internal sealed class CompatibilityOptions
{
    public const string Section = "Compatibility";

    /// <summary>
    /// Whether the original messaging-server project's page works. While it does, anybody can send in anybody's name.
    /// </summary>
    public bool OriginalClient { get; set; }
}

/// <summary>Lets the original project's page work unchanged: decides everything that is different for it.</summary>
/// <remarks>
/// That page logs in with its user id and, as passcode, its listening key, and sends and disconnects without a
/// credential. So while this is on, the listening key of such a session is a secret that nobody else is told, and
/// anybody can send in anybody's name.
/// </remarks>
internal sealed class OriginalClient(NodeCatalog nodes, IOptions<CompatibilityOptions> options)
{
    public bool Enabled { get; } = options.Value.OriginalClient;

    /// <summary>Whether others may learn a session's listening key.</summary>
    public bool TellsKeys => !Enabled;

    /// <summary>Whether an original page may log in with this name, which must not be a node's own user.</summary>
    public bool MayLogIn(string userId) => Enabled && UserId.IsPlain(userId) && !nodes.IsBrokerUser(userId);

    /// <summary>Whether this is the passcode of an original page.</summary>
    public bool IsPasscode(string passcode) => Enabled && ListeningKey.IsWellFormed(passcode);

    /// <summary>Who sends, as the form says; null if the request is not from an original page.</summary>
    /// <exception cref="RefusedException">The form can't be read, or its field is misspelled or given twice.</exception>
    public async ValueTask<string?> FindSenderAsync(HttpRequest request) =>
        await ReadAsync(request, "fromUserId") is { } userId && UserId.IsPlain(userId) ? userId : null;

    /// <summary>The credential of an original page that disconnects: its queue's name; null for others.</summary>
    /// <exception cref="RefusedException">The form can't be read, or its field is misspelled or given twice.</exception>
    public async ValueTask<Credential?> FindCredentialAsync(HttpRequest request) =>
        await ReadAsync(request, "queueName") is { } key && ListeningKey.IsWellFormed(key)
            ? new(key, PasscodeHash.Of(key))
            : null;

    private async ValueTask<string?> ReadAsync(HttpRequest request, string field) =>
        Enabled && request.Headers.Authorization.Count == 0 && RequestBody.HasForm(request)
            ? new FormFields(await RequestBody.ReadFormAsync(request), field)[field]
            : null;
}
