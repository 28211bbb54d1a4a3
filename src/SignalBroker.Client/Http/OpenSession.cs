using System.Net.Http.Headers;
using System.Text;

namespace SignalBroker.Client.Http;

/// <summary>A session as <c>/connect</c> has answered it, its secret included.</summary>
internal sealed class OpenSession(SessionInfo info, string passcode, IceServers iceServers)
{
    public SessionInfo Info { get; } = info;
    public string Passcode { get; } = passcode;
    public IceServers IceServers { get; } = iceServers;

    /// <summary>The Authorization header that proves the session (RFC 7617).</summary>
    public AuthenticationHeaderValue Authorization { get; } =
        new("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes($"{info.ListeningKey}:{passcode}")));
}
