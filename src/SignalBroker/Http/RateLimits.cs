using System.ComponentModel.DataAnnotations;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.Options;
using SignalBroker.Hosting;

namespace SignalBroker.Http;

/// <summary>The settings under <c>RateLimits:</c>. Each allows bursts of twice what it allows per second, or as it says.</summary>
public sealed class RateLimitOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "RateLimits";

    /// <summary>How many requests an address may make per second, whatever they are.</summary>
    [Range(1, 1_000_000)]
    public int RequestsPerSecondOfAddress { get; set; } = 200;

    /// <summary>How many signals a session may send per second.</summary>
    [Range(1, 1_000_000)]
    public int SignalsPerSecondOfSession { get; set; } = 50;

    /// <summary>How many bytes of signals a session may send per second. Bursts of eight times as many pass.</summary>
    [Range(8_192, 134_217_728)]
    public int SignalBytesPerSecondOfSession { get; set; } = 131_072;
}

/// <summary>Slows down addresses that flood, with ASP.NET Core's rate limiter.</summary>
public static class RateLimits
{
    private const int RefillsPerSecond = 10;

    /// <summary>A bucket that refills about ten times a second and holds what comes in so many seconds.</summary>
    public static TokenBucketRateLimiterOptions Bucket(int perSecond, int burstSeconds = 2)
    {
        var perRefill = Math.Max(1, perSecond / RefillsPerSecond);
        return new()
        {
            TokenLimit = burstSeconds * perSecond,
            TokensPerPeriod = perRefill,
            ReplenishmentPeriod = TimeSpan.FromSeconds((double)perRefill / perSecond),
            QueueLimit = 0,
        };
    }

    /// <summary>How long whoever was turned away should wait.</summary>
    public static TimeSpan WaitOf(RateLimitLease lease) =>
        lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? wait : TimeSpan.FromSeconds(1);

    extension(WebApplicationBuilder builder)
    {
        /// <summary>Limits each address on the public port.</summary>
        public void AddRateLimits()
        {
            builder.AddSettings<RateLimitOptions>(RateLimitOptions.Section);
            builder
                .Services.AddOptions<RateLimiterOptions>()
                .Configure(
                    (RateLimiterOptions limiter, IOptions<RateLimitOptions> options) =>
                    {
                        var perSecond = options.Value.RequestsPerSecondOfAddress;
                        limiter.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(context =>
                            InternalListener.Received(context)
                                ? RateLimitPartition.GetNoLimiter("")
                                : RateLimitPartition.GetTokenBucketLimiter(
                                    Networks.ClientOf(context).ToString(),
                                    _ => Bucket(perSecond)
                                )
                        );
                        limiter.OnRejected = async (rejected, _) =>
                            await Problem.TooManyRequests(WaitOf(rejected.Lease)).ExecuteAsync(rejected.HttpContext);
                    }
                );
            builder.Services.AddRateLimiter(_ => { });
        }
    }
}
