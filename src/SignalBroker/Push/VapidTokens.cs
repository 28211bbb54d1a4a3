using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Options;

namespace SignalBroker.Push;

/// <summary>Makes the header that tells a push service who pushes (RFC 8292), one for many pushes.</summary>
public sealed class VapidTokens(VapidKey key, IOptions<PushOptions> options, TimeProvider clock)
{
    private const int MostOrigins = 1000;

    private static readonly string Header = Base64Url.EncodeToString("""{"typ":"JWT","alg":"ES256"}"""u8);

    // A token may be good for a day at most; push services' clocks may differ.
    private static readonly TimeSpan LifeTime = TimeSpan.FromHours(12);
    private static readonly TimeSpan UsedFor = TimeSpan.FromHours(6);

    // So that no slash of an origin becomes \u002F, which would be right but not what anybody expects.
    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ConcurrentDictionary<string, (string Header, DateTimeOffset Until)> made = new();

    /// <summary>The value of <c>Authorization</c> for requests to this origin.</summary>
    /// <param name="origin">The push service's scheme, host and port, as in RFC 6454.</param>
    public string HeaderFor(string origin)
    {
        var now = clock.GetUtcNow();
        if (made.TryGetValue(origin, out var known) && known.Until > now)
        {
            return known.Header;
        }

        // Where any host is allowed, users could fill the memory with them.
        if (made.Count >= MostOrigins)
        {
            made.Clear();
        }

        var header = $"vapid t={Sign(origin, now + LifeTime)}, k={key.PublicKey}";
        made[origin] = (header, now + UsedFor);
        return header;
    }

    public string Sign(string origin, DateTimeOffset expiresAt)
    {
        using var claims = new MemoryStream();
        using (var writer = new Utf8JsonWriter(claims, Writing))
        {
            writer.WriteStartObject();
            writer.WriteString("aud"u8, origin);
            writer.WriteNumber("exp"u8, expiresAt.ToUnixTimeSeconds());
            writer.WriteString("sub"u8, options.Value.Subject);
            writer.WriteEndObject();
        }

        var signed = $"{Header}.{Base64Url.EncodeToString(claims.ToArray())}";
        return $"{signed}.{Base64Url.EncodeToString(key.Sign(Encoding.ASCII.GetBytes(signed)))}";
    }
}
