using Microsoft.AspNetCore.Cors.Infrastructure;

namespace SignalBroker.Http;

/// <summary>Keeps other sites' pages from changing anything.</summary>
/// <remarks>
/// Browsers send a form without asking first (CORS): another site's page could open sessions until its visitor's
/// address may have no more.
/// </remarks>
internal sealed partial class OriginGate(
    RequestDelegate next,
    IOptions<CorsOptions> cors,
    TimeProvider clock,
    ILogger<OriginGate> logger
)
{
    private static readonly Problem NotAllowed = Problem.Of(
        StatusCodes.Status403Forbidden,
        "origin-not-allowed",
        "Pages of this origin may not use this server. Cors:Origins names those that may, and Proxies:TrustedNetworks the proxies that say at which address it is known."
    );

    private readonly OncePerMinute logging = new(clock);
    private readonly CorsPolicy named = cors.Value.GetPolicy(cors.Value.DefaultPolicyName)!;

    public Task InvokeAsync(HttpContext context)
    {
        if (IsAllowed(context.Request))
        {
            return next(context);
        }

        if (logging.Passes())
        {
            LogRefused(context.Request.Headers.Origin.ToString(), context.Request.Scheme, context.Request.Host.Value);
        }

        return NotAllowed.ExecuteAsync(context);
    }

    private bool IsAllowed(HttpRequest request)
    {
        // Browsers send the origin with everything but GET and HEAD. Servers and command lines have none.
        var origins = request.Headers.Origin;
        return origins.Count == 0
            || HttpMethods.IsGet(request.Method)
            || HttpMethods.IsHead(request.Method)
            || HttpMethods.IsOptions(request.Method)
            || (
                origins is [{ } origin]
                && (IsOwn(request, origin) || named.AllowAnyOrigin || named.IsOriginAllowed(origin))
            );
    }

    // Sec-Fetch-Site is the browser's own verdict, which no page can forge. It is right behind every proxy, and where a
    // form's origin is null because of the page's referrer policy, but browsers don't send it over plain http.
    private static bool IsOwn(HttpRequest request, string origin) =>
        IsAddressOf(request, origin) || request.Headers["Sec-Fetch-Site"] is ["same-origin"];

    private static bool IsAddressOf(HttpRequest request, ReadOnlySpan<char> origin)
    {
        const string Separator = "://";
        var port = request.IsHttps ? ":443" : ":80";
        var host = (request.Host.Value ?? "").AsSpan();
        if (host.EndsWith(port))
        {
            host = host[..^port.Length];
        }

        return origin.Length == request.Scheme.Length + Separator.Length + host.Length
            && origin.StartsWith(request.Scheme, StringComparison.OrdinalIgnoreCase)
            && origin[request.Scheme.Length..].StartsWith(Separator)
            && origin.EndsWith(host, StringComparison.OrdinalIgnoreCase);
    }

    [LoggerMessage(
        LogLevel.Warning,
        "Refused a page of {Origin} at {Scheme}://{Host}. If that is the server's own page, Proxies:TrustedNetworks is missing; otherwise, perhaps, Cors:Origins. More of these within a minute are not logged"
    )]
    private partial void LogRefused(string origin, string scheme, string? host);
}
