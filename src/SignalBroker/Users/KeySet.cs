using System.Net;
using System.Text.Json;
using Microsoft.IdentityModel.Tokens;

namespace SignalBroker.Users;

/// <summary>The keys that the issuer publishes (a JWK set, RFC 7517), fetched again as they age.</summary>
internal sealed partial class KeySet(IOptions<KeySetOptions> options, TimeProvider clock, ILogger<KeySet> logger)
    : IDisposable
{
    private const int MaxBytes = 262_144;
    private const int MaxKeys = 64;

    // Until there are keys nobody can connect, so it pays to ask more often.
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    // For each client that waits: together they ask often enough.
    private static readonly TimeSpan RetryWithoutKeys = TimeSpan.FromSeconds(5);

    private readonly KeySetOptions settings = options.Value;
    private readonly HttpClient http = new(
        new SocketsHttpHandler
        {
            // A redirect could lead from https to anywhere.
            AllowAutoRedirect = false,
            UseProxy = options.Value.Address is { IsAbsoluteUri: true, IsLoopback: false },
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        }
    )
    {
        Timeout = TimeSpan.FromSeconds(5),
        MaxResponseContentBufferSize = MaxBytes,
    };
    private readonly Lock gate = new();
    private volatile Fetched? last;
    private Task<IReadOnlyList<SecurityKey>?>? fetching;
    private long? triedAt;

    /// <summary>The keys, if known and not too old. If new ones are due, starts fetching them.</summary>
    public IReadOnlyList<SecurityKey>? Current
    {
        get
        {
            if (last is not { } known || Age(known.At) is var age && age >= settings.KeepFor)
            {
                return null;
            }

            if (age >= settings.RefreshInterval)
            {
                _ = StartFetch();
            }

            return known.Keys;
        }
    }

    /// <summary>When the <see cref="Current"/> keys were requested; null if there are none.</summary>
    public DateTimeOffset? FetchedAt =>
        Current is not null && last is { } known ? clock.GetUtcNow() - Age(known.At) : null;

    /// <summary>How long until it makes sense to ask for newer keys again.</summary>
    public TimeSpan RetryAfter
    {
        get
        {
            if (Current is null)
            {
                return RetryWithoutKeys;
            }

            lock (gate)
            {
                var rest = triedAt is { } tried ? Pause - Age(tried) : TimeSpan.Zero;
                return rest > TimeSpan.Zero ? rest : TimeSpan.Zero;
            }
        }
    }

    private TimeSpan Pause =>
        last is { } known && Age(known.At) < settings.KeepFor || RetryInterval > settings.MinInterval
            ? settings.MinInterval
            : RetryInterval;

    /// <summary>Whether there may be keys for an algorithm: a published secret would not be one.</summary>
    public bool MayHoldKeysFor(string algorithm) =>
        settings.Address is not null && algorithm is SecurityAlgorithms.RsaSha256 or SecurityAlgorithms.EcdsaSha256;

    /// <summary>Fetches the keys, unless that was done since or very recently.</summary>
    /// <param name="old">The keys that were not enough; null if there were none.</param>
    /// <returns>Newer keys; null if there are none yet.</returns>
    public async Task<IReadOnlyList<SecurityKey>?> RenewAsync(IReadOnlyList<SecurityKey>? old) =>
        Newer(old) ?? await StartFetch() ?? Newer(old);

    public void Dispose() => http.Dispose();

    private IReadOnlyList<SecurityKey>? Newer(IReadOnlyList<SecurityKey>? old) =>
        Current is { } current && current != old ? current : null;

    // Concurrent callers share one fetch.
    private Task<IReadOnlyList<SecurityKey>?> StartFetch()
    {
        lock (gate)
        {
            if (fetching is { IsCompleted: false } running)
            {
                return running;
            }

            if (triedAt is { } tried && Age(tried) < Pause)
            {
                return Task.FromResult<IReadOnlyList<SecurityKey>?>(null);
            }

            triedAt = clock.GetTimestamp();
            fetching = Task.Run(FetchAsync);
            return fetching;
        }
    }

    private async Task<IReadOnlyList<SecurityKey>?> FetchAsync()
    {
        try
        {
            // The age counts from the request: the answer may have been made at once and arrived late.
            var asked = clock.GetTimestamp();
            using var response = await http.GetAsync(settings.Address);
            if (response.StatusCode != HttpStatusCode.OK)
            {
                LogNotFetched($"it answers {(int)response.StatusCode}");
                return null;
            }

            if (Entries(await response.Content.ReadAsByteArrayAsync()) is not { } entries)
            {
                LogNotFetched("it is not a JWK set");
                return null;
            }

            // One by one: in the library's own key set, one odd entry makes all of them fail.
            List<SecurityKey> keys = [.. entries.Select(SigningKey.OfJwk).OfType<SecurityKey>()];
            last = new(keys, asked);
            LogFetched(keys.Count, entries.Length - keys.Count);
            return keys;
        }
        catch (Exception failure)
        {
            // No answer may harm the tokens that known keys can verify.
            LogNotFetched(failure.Message);
            return null;
        }
    }

    private static string[]? Entries(ReadOnlySpan<byte> document) =>
        StrictJson.TryReadObject(document, out var set)
        && set.TryGetProperty("keys", out var entries)
        && entries.ValueKind == JsonValueKind.Array
        && entries.GetArrayLength() <= MaxKeys
            ? [.. entries.EnumerateArray().Select(entry => entry.GetRawText())]
            : null;

    private TimeSpan Age(long timestamp) => clock.GetElapsedTime(timestamp);

    [LoggerMessage(LogLevel.Information, "Users:KeySet: {Count} keys fetched; {Unusable} others can't verify tokens")]
    private partial void LogFetched(int count, int unusable);

    [LoggerMessage(LogLevel.Warning, "Users:KeySet: the keys can't be fetched: {Reason}")]
    private partial void LogNotFetched(string reason);

    private sealed record Fetched(IReadOnlyList<SecurityKey> Keys, long At);
}
