using System.Net;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;

namespace SignalBroker.Users;

/// <summary>The keys that the issuer publishes, kept and fetched anew as they age.</summary>
internal sealed partial class KeySet : IDisposable
{
    private const int MaxBytes = 262_144;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    // Until there are keys nobody can connect, so it pays to ask more often.
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    // For each of those who wait: together they ask often enough.
    private static readonly TimeSpan RetryWithoutKeys = TimeSpan.FromSeconds(5);

    private readonly KeySetOptions settings;
    private readonly TimeProvider clock;
    private readonly ILogger<KeySet> logger;
    private readonly HttpClient http;
    private readonly Lock gate = new();
    private volatile Fetched? last;
    private Task<IReadOnlyList<SecurityKey>?>? fetching;
    private long? triedAt;

    /// <summary>Knows no keys at first.</summary>
    public KeySet(IOptions<KeySetOptions> options, TimeProvider clock, ILogger<KeySet> logger)
    {
        settings = options.Value;
        this.clock = clock;
        this.logger = logger;
        http = new(
            new SocketsHttpHandler
            {
                // A redirection could lead from https to anywhere.
                AllowAutoRedirect = false,
                UseProxy = settings.Address is { IsAbsoluteUri: true, IsLoopback: false },
                PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            }
        )
        {
            Timeout = Timeout,
            MaxResponseContentBufferSize = MaxBytes,
        };
    }

    /// <summary>The keys, if they are known and not too old; they are fetched anew meanwhile, if it is time.</summary>
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

    /// <summary>When the issuer was asked for the <see cref="Current"/> keys; null if there are none.</summary>
    public DateTimeOffset? FetchedAt =>
        Current is not null && last is { } known ? clock.GetUtcNow() - Age(known.At) : null;

    /// <summary>How long until it is of use to ask for newer keys again, for whoever got none.</summary>
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

    /// <summary>Whether there may be keys for an algorithm: a secret that is published is none.</summary>
    public bool MayHoldKeysFor(string algorithm) =>
        settings.Address is not null && algorithm is SecurityAlgorithms.RsaSha256 or SecurityAlgorithms.EcdsaSha256;

    /// <summary>Fetches the keys, unless somebody has done so since or very recently.</summary>
    /// <param name="old">The keys that did not suffice; null when there were none.</param>
    /// <returns>Newer keys than those; null when there are none yet.</returns>
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
            // As of the question: the answer may have been made at once and have come late.
            var asked = clock.GetTimestamp();
            using var response = await http.GetAsync(settings.Address);
            if (response.StatusCode != HttpStatusCode.OK)
            {
                LogNotFetched($"it answers {(int)response.StatusCode}");
                return null;
            }

            if (!KeySetDocument.TryRead(await response.Content.ReadAsByteArrayAsync(), out var keys, out var unusable))
            {
                LogNotFetched("it is not a JWK set");
                return null;
            }

            last = new(keys, asked);
            LogFetched(keys.Count, unusable);
            return keys;
        }
        catch (Exception failure)
        {
            // Whatever it answers must not harm the tokens that known keys can verify.
            LogNotFetched(failure.Message);
            return null;
        }
    }

    private TimeSpan Age(long timestamp) => clock.GetElapsedTime(timestamp);

    [LoggerMessage(LogLevel.Information, "Users:KeySet: {Count} keys fetched; {Unusable} others can't verify tokens")]
    private partial void LogFetched(int count, int unusable);

    [LoggerMessage(LogLevel.Warning, "Users:KeySet: the keys can't be fetched: {Reason}")]
    private partial void LogNotFetched(string reason);

    private sealed record Fetched(IReadOnlyList<SecurityKey> Keys, long At);
}
