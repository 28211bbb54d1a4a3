using System.ComponentModel.DataAnnotations;
using System.Net;
using System.Threading.RateLimiting;
using Microsoft.Extensions.Options;
using SignalBroker.Hosting;
using SignalBroker.Users;

namespace SignalBroker.Http;

/// <summary>The settings under <c>RateLimits:</c>. Each allows bursts of twice what it allows per second, or as it says.</summary>
public sealed class RateLimitOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "RateLimits";

    /// <summary>How many requests an address may make per second, whatever they are.</summary>
    [Range(1, 1_000_000)]
    public int RequestsPerSecondOfAddress { get; set; } = 200;

    /// <summary>How many requests an application may make per second with its service key, from whatever address.</summary>
    [Range(1, 1_000_000)]
    public int RequestsPerSecondOfServiceKey { get; set; } = 1_000;

    /// <summary>How many signals a session may send per second.</summary>
    [Range(1, 1_000_000)]
    public int SignalsPerSecondOfSession { get; set; } = 50;

    /// <summary>How many bytes of signals a session may send per second. Bursts of eight times as many pass.</summary>
    [Range(8_192, 134_217_728)]
    public int SignalBytesPerSecondOfSession { get; set; } = 131_072;
}

/// <summary>Token buckets for whoever may send only so much.</summary>
public static class RateLimits
{
    private const int RefillsPerSecond = 10;

    /// <summary>Gives each key a bucket that refills about ten times a second.</summary>
    /// <param name="keyOf">Whose bucket it is.</param>
    /// <param name="perSecond">What comes in per second.</param>
    /// <param name="burst">What a full bucket holds.</param>
    public static PartitionedRateLimiter<TResource> Create<TResource, TKey>(
        Func<TResource, TKey> keyOf,
        int perSecond,
        int burst
    )
        where TKey : class
    {
        var perRefill = Math.Max(1, perSecond / RefillsPerSecond);
        var bucket = new TokenBucketRateLimiterOptions
        {
            TokenLimit = burst,
            TokensPerPeriod = perRefill,
            ReplenishmentPeriod = TimeSpan.FromSeconds((double)perRefill / perSecond),
            QueueLimit = 0,
            // The partitioned limiter refills all of them with one timer.
            AutoReplenishment = false,
        };
        // Made once: each request comes by here.
        Func<TKey, RateLimiter> create = _ => new TokenBucketRateLimiter(bucket);
        return PartitionedRateLimiter.Create<TResource, TKey>(resource =>
            RateLimitPartition.Get(keyOf(resource), create)
        );
    }

    /// <summary>How long whoever was turned away should wait.</summary>
    public static TimeSpan WaitOf(RateLimitLease lease) =>
        lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? wait : TimeSpan.FromSeconds(1);
}

/// <summary>Slows down addresses that flood the public port; an application counts by its service key instead.</summary>
public sealed class AddressLimiter(RequestDelegate next, ServiceKeys serviceKeys, IOptions<RateLimitOptions> options)
{
    private readonly PartitionedRateLimiter<HttpContext> addresses = RateLimits.Create<HttpContext, IPAddress>(
        Networks.ClientOf,
        options.Value.RequestsPerSecondOfAddress,
        2 * options.Value.RequestsPerSecondOfAddress
    );

    private readonly PartitionedRateLimiter<string> applications = RateLimits.Create<string, string>(
        application => application,
        options.Value.RequestsPerSecondOfServiceKey,
        2 * options.Value.RequestsPerSecondOfServiceKey
    );

    /// <summary>Lets the request through or answers it with 429.</summary>
    public Task InvokeAsync(HttpContext context) =>
        InternalListener.Received(context) || Delay(context) is not { } wait
            ? next(context)
            : Problem.TooManyRequests(wait).ExecuteAsync(context);

    private TimeSpan? Delay(HttpContext context)
    {
        using var lease = serviceKeys.Read(context.Request).Application is { } application
            ? applications.AttemptAcquire(application)
            : addresses.AttemptAcquire(context);
        return lease.IsAcquired ? null : RateLimits.WaitOf(lease);
    }
}
