using System.ComponentModel.DataAnnotations;
using System.Net;

namespace SignalBroker.Http;

/// <summary>The settings under <c>RateLimits:</c>.</summary>
internal sealed class RateLimitOptions
{
    public const string Section = "RateLimits";

    /// <summary>How many requests of any kind an address may make per second; bursts of twice as many pass.</summary>
    [Range(1, 1_000_000)]
    public int RequestsPerSecondOfAddress { get; set; } = 200;

    /// <summary>
    /// How many requests an application may make per second with its service key, from all its addresses; bursts of
    /// twice as many pass.
    /// </summary>
    [Range(1, 1_000_000)]
    public int RequestsPerSecondOfServiceKey { get; set; } = 1_000;

    /// <summary>How many signals a session may send per second; bursts of twice as many pass.</summary>
    [Range(1, 1_000_000)]
    public int SignalsPerSecondOfSession { get; set; } = 50;

    /// <summary>How many bytes of signals a session may send per second; bursts of eight times as many pass.</summary>
    [Range(8_192, 134_217_728)]
    public int SignalBytesPerSecondOfSession { get; set; } = 131_072;
}

/// <summary>Slows down addresses that flood the public port; an application counts by its service key.</summary>
internal sealed class AddressLimiter(
    RequestDelegate next,
    ServiceKeys serviceKeys,
    LimitMetrics metrics,
    IOptions<RateLimitOptions> options,
    TimeProvider clock
)
{
    private const string OfAddress =
        $"{RateLimitOptions.Section}:{nameof(RateLimitOptions.RequestsPerSecondOfAddress)}";
    private const string OfApplication =
        $"{RateLimitOptions.Section}:{nameof(RateLimitOptions.RequestsPerSecondOfServiceKey)}";

    private readonly TokenBuckets<IPAddress> addresses = new(options.Value.RequestsPerSecondOfAddress, clock);
    private readonly TokenBuckets<string> applications = new(options.Value.RequestsPerSecondOfServiceKey, clock);

    public Task InvokeAsync(HttpContext context) =>
        InternalListener.Received(context) || Delay(context) is not { } wait
            ? next(context)
            : Problem.TooManyRequests(wait).ExecuteAsync(context);

    private TimeSpan? Delay(HttpContext context)
    {
        var application = serviceKeys.Read(context.Request).Application;
        var wait = application is null ? addresses.Take(Networks.ClientOf(context)) : applications.Take(application);
        if (wait is not null)
        {
            metrics.Refused(application is null ? OfAddress : OfApplication);
        }

        return wait;
    }
}
