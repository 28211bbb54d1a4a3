using System.Text;

namespace SignalBroker.Client;

/// <summary>The STUN and TURN servers with which peers find a way to each other.</summary>
/// <param name="Servers">The servers; none when the server knows of none.</param>
/// <param name="ExpireAt">
/// When their credentials expire, by the server's clock; null when they don't. This machine's clock may differ: count
/// <paramref name="TimeToLive"/> instead.
/// </param>
/// <param name="TimeToLive">
/// How long they are good, from the moment on in which they are returned; null when they don't expire, or an older server
/// tells <paramref name="ExpireAt"/> only.
/// </param>
public sealed record IceServers(
    IReadOnlyList<IceServer> Servers,
    DateTimeOffset? ExpireAt = null,
    TimeSpan? TimeToLive = null
);

/// <summary>One of them, as WebRTC's <c>RTCIceServer</c> has it.</summary>
/// <param name="Urls">Its addresses (RFC 7064, RFC 7065), such as <c>turn:turn.example:3478?transport=udp</c>.</param>
/// <param name="Username">The user name for a TURN server; null where none is needed.</param>
/// <param name="Credential">The password for a TURN server; null where none is needed.</param>
public sealed record IceServer(IReadOnlyList<string> Urls, string? Username, string? Credential)
{
    // Keeps the password out of logs.
    private bool PrintMembers(StringBuilder builder)
    {
        builder.Append($"{nameof(Urls)} = {string.Join(' ', Urls)}, {nameof(Username)} = {Username}");
        return true;
    }
}
