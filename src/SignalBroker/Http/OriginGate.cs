using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.Extensions.Options;

namespace SignalBroker.Http;

/// <summary>Refuses whatever pages of other sites would change.</summary>
/// <remarks>
/// A form is sent without asking first (CORS), and comes from its visitor's address: another site's page could open
/// sessions until that address may have no more.
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
        "Pages of this origin may not use this server. Its setting Cors:Origins names those that may, and Proxies:TrustedNetworks the proxies that say under which address it is known."
    );

    private readonly OncePerMinute logging = new(clock);
    private readonly CorsPolicy named = cors.Value.GetPolicy(cors.Value.DefaultPolicyName)!;

    /// <summary>Lets the request through or answers it with 403.</summary>
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
        // Browsers name the origin of all that may change something. Servers and command lines have none.
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

    // The browser's own judgement, which no page can forge, holds behind every proxy, and where a form's origin is null
    // because of the page's referrer policy. Over plain http browsers say nothing of the kind.
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
        "Refused a page of {Origin} at {Scheme}://{Host}. If that is the server's own page, Proxies:TrustedNetworks is missing, else perhaps Cors:Origins. More of these within a minute are not logged"
    )]
    private partial void LogRefused(string origin, string scheme, string? host);
}
