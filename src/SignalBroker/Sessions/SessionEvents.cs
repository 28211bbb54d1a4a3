using System.Globalization;
using System.Text;
using System.Text.Json;

namespace SignalBroker.Sessions;

/// <summary>The envelopes that tell a session's client about the session itself; only the server can write them.</summary>
internal static class SessionEvents
{
    /// <summary>How long one may wait in its queue.</summary>
    public static readonly TimeSpan Lasts = TimeSpan.FromSeconds(10);

    /// <summary>Another session has taken its place, and this client's is over.</summary>
    public static byte[] Replaced(TimeProvider clock) => Write(clock, "\"event\":\"replaced\"");

    /// <summary>An operator or a backend has ended it, and this client's is over.</summary>
    /// <param name="reason">What they say about it; null if nothing.</param>
    public static byte[] Ended(TimeProvider clock, string? reason) =>
        Write(
            clock,
            reason is null
                ? "\"event\":\"ended\""
                : $"\"event\":\"ended\",\"reason\":\"{JsonEncodedText.Encode(reason)}\""
        );

    /// <summary>The client should have another session take over, by then.</summary>
    public static byte[] Move(TimeProvider clock, TimeSpan within) =>
        Write(
            clock,
            string.Create(CultureInfo.InvariantCulture, $"\"event\":\"move\",\"within\":{within.TotalMilliseconds:0}")
        );

    /// <summary>The successor gets everything that comes after this through one webapp.</summary>
    /// <param name="by">The webapp.</param>
    /// <param name="of">How many webapps there are.</param>
    public static byte[] Moved(TimeProvider clock, string by, int of) =>
        Write(clock, string.Create(CultureInfo.InvariantCulture, $"\"event\":\"moved\",\"by\":\"{by}\",\"of\":{of}"));

    private static byte[] Write(TimeProvider clock, string content) =>
        Encoding.UTF8.GetBytes(
            $$$"""{"type":"session","sentAt":"{{{clock.GetUtcNow():yyyy-MM-dd'T'HH:mm:ss.fff'Z'}}}","content":{{{{content}}}}}"""
        );
}
