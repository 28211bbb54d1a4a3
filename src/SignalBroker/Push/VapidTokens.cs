using System.Collections.Concurrent;
using Lib.Net.Http.WebPush.Authentication;

namespace SignalBroker.Push;

/// <summary>Keeps the tokens that tell push services who pushes (RFC 8292), each for many pushes.</summary>
internal sealed class VapidTokens(TimeProvider clock) : IVapidTokenCache
{
    private const int MaxOrigins = 1000;

    // They are valid for 12 hours; push services' clocks may differ.
    private static readonly TimeSpan UsedFor = TimeSpan.FromHours(6);

    private readonly ConcurrentDictionary<string, (string Token, DateTimeOffset Until)> made = new();

    public string? Get(string audience) =>
        made.TryGetValue(audience, out var known) && known.Until > clock.GetUtcNow() ? known.Token : null;

    public void Put(string audience, DateTimeOffset expiration, string token)
    {
        // Where any host is allowed, users could fill the memory.
        if (made.Count >= MaxOrigins)
        {
            made.Clear();
        }

        made[audience] = (token, clock.GetUtcNow() + UsedFor);
    }
}
