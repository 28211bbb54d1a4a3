namespace SignalBroker.Client.Http;

/// <summary>A session as <c>/connect</c> has answered it, its secret included.</summary>
internal sealed class OpenSession(SessionInfo info, string passcode, string authorization)
{
    public SessionInfo Info { get; } = info;

    /// <summary>The session's only secret.</summary>
    public string Passcode { get; } = passcode;

    /// <summary>The value of the Authorization header that proves the session (RFC 7617), without its scheme.</summary>
    public string Credential { get; } = authorization;
}
