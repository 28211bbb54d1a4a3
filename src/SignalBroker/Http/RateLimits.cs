using System.ComponentModel.DataAnnotations;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.Options;

namespace SignalBroker.Http;

/// <summary>The settings under <c>RateLimits:</c>. Each allows bursts of twice what it allows per second.</summary>
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
}

/// <summary>Slows down addresses that flood, with ASP.NET Core's rate limiter.</summary>
public static class RateLimits
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(100);

    /// <summary>A bucket that refills ten times a second and holds two seconds' worth.</summary>
    public static TokenBucketRateLimiterOptions Bucket(int perSecond) =>
        new()
        {
            TokenLimit = 2 * perSecond,
            // Fewer than ten per second can't be spread over ten refills.
            TokensPerPeriod = Math.Max(1, perSecond / 10),
            ReplenishmentPeriod = perSecond < 10 ? TimeSpan.FromSeconds(1.0 / perSecond) : Period,
            QueueLimit = 0,
        };

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
                                    context.Connection.RemoteIpAddress?.ToString() ?? "",
                                    _ => Bucket(perSecond)
                                )
                        );
                        limiter.OnRejected = async (rejected, _) =>
                            await Problem
                                .TooManyRequests(
                                    rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var wait)
                                        ? wait
                                        : TimeSpan.FromSeconds(1)
                                )
                                .ExecuteAsync(rejected.HttpContext);
                    }
                );
            builder.Services.AddRateLimiter(_ => { });
        }
    }
}
