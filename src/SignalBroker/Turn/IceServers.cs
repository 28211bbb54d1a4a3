using System.Security.Cryptography;
using System.Text;

namespace SignalBroker.Turn;

/// <summary>A STUN or TURN server, as <c>RTCPeerConnection</c> takes it.</summary>
/// <param name="Urls">The addresses.</param>
/// <param name="Username">The user name for a TURN server.</param>
/// <param name="Credential">The password for a TURN server.</param>
internal sealed record IceServer(IReadOnlyList<string> Urls, string? Username = null, string? Credential = null);

/// <summary>The servers for <c>new RTCPeerConnection({ iceServers })</c>.</summary>
/// <param name="IceServers">The servers; none when none is configured.</param>
/// <param name="IceServersExpireAt">When their credentials expire; left out when they have none.</param>
/// <param name="IceServersTimeToLive">The same in milliseconds from this answer on.</param>
internal sealed record IceServersAnswer(
    IReadOnlyList<IceServer> IceServers,
    DateTime? IceServersExpireAt = null,
    long? IceServersTimeToLive = null
);

/// <summary>Makes each session's list of STUN and TURN servers, with short-lived credentials.</summary>
/// <remarks>
/// As in draft-uberti-behave-turn-rest: the user name is <c>expiry:listeningKey</c>, and the password its HMAC-SHA1
/// with a secret that the TURN servers know. So nobody has to store credentials.
/// </remarks>
internal sealed class IceServers(IOptions<TurnOptions> options, TimeProvider clock)
{
    private readonly TurnOptions settings = options.Value;

    public IceServersAnswer For(string listeningKey)
    {
        var servers = new List<IceServer>();
        if (settings.Stun.Count > 0)
        {
            servers.Add(new(settings.Stun));
        }

        if (settings is not { Addresses.Count: > 0, Secret: { } secret })
        {
            return new(servers);
        }

        var now = clock.GetUtcNow();
        var expiry = (now + settings.LifeTime).ToUnixTimeSeconds();
        var username = $"{expiry}:{listeningKey}";
        servers.Add(Relay(username, secret));
        if (settings.PreviousSecret is { } previous)
        {
            // A browser uses whichever its server accepts, so the servers may change their secret in any order.
            servers.Add(Relay(username, previous));
        }

        var end = DateTimeOffset.FromUnixTimeSeconds(expiry);
        return new(servers, end.UtcDateTime, (long)(end - now).TotalMilliseconds);
    }

    private IceServer Relay(string username, string secret) =>
        new(settings.Addresses, username, PasswordOf(username, secret));

    // The draft and all TURN servers use SHA-1, whose weak collision resistance does not weaken its HMAC.
#pragma warning disable CA5350
    private static string PasswordOf(string username, string secret) =>
        Convert.ToBase64String(HMACSHA1.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(username)));
#pragma warning restore CA5350
}
