using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace SignalBroker.Http;

/// <summary>Marks connections to the internal port.</summary>
internal sealed class InternalListener
{
    private static readonly InternalListener Mark = new();

    /// <summary>Marks a listener's connections. The port is what counts: <c>Host</c> can be forged.</summary>
    public static void Apply(ListenOptions listener) =>
        listener.Use(next =>
            connection =>
            {
                connection.Features.Set(Mark);
                return next(connection);
            }
        );

    /// <summary>Whether the request came to the internal port.</summary>
    public static bool Received(HttpContext context) => context.Features.Get<InternalListener>() is not null;
}

/// <summary>Keeps the two ports separate, and strangers away from the internal one.</summary>
internal sealed partial class ListenerGate(
    RequestDelegate next,
    IReadOnlyList<IPNetwork> networks,
    IOptions<InternalOptions> options,
    TimeProvider clock,
    ILogger<ListenerGate> logger
)
{
    private static readonly PathString[] InternalPaths = ["/admin", "/broker-access", "/metrics"];

    private static readonly PathString Health = "/health";

    private static readonly Problem AddressNotAllowed = Problem.Of(
        StatusCodes.Status403Forbidden,
        "address-not-allowed",
        "This address may not use the internal port."
    );

    private static readonly Problem HostNotAllowed = Problem.Of(
        StatusCodes.Status403Forbidden,
        "host-not-allowed",
        "The internal port is not known under this host name. Internal:AllowedHosts names those it is known under, besides localhost and IP addresses."
    );

    private readonly OncePerMinute logging = new(clock);
    private readonly string[] hosts = ["localhost", .. options.Value.AllowedHosts];

    public Task InvokeAsync(HttpContext context)
    {
        var received = InternalListener.Received(context);
        if (received && !IsAllowed(context.Connection.RemoteIpAddress))
        {
            return AddressNotAllowed.ExecuteAsync(context);
        }

        if (received && !IsAllowed(context.Request.Host))
        {
            if (logging.Passes())
            {
                LogRefused(context.Request.Host.Value, path: context.Request.Path.Value);
            }

            return HostNotAllowed.ExecuteAsync(context);
        }

        var path = context.Request.Path;
        return received == IsInternal(path) || IsHealth(path)
            ? next(context)
            : Problem.OfStatus(StatusCodes.Status404NotFound).ExecuteAsync(context);
    }

    /// <summary>Whether it is a health check's path, which both ports have.</summary>
    public static bool IsHealth(PathString path) => path.StartsWithSegments(Health, StringComparison.OrdinalIgnoreCase);

    private static bool IsInternal(PathString path)
    {
        foreach (var prefix in InternalPaths)
        {
            if (path.StartsWithSegments(prefix, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    private bool IsAllowed(IPAddress? address) =>
        address is not null && networks.Any(network => network.Contains(Networks.Plain(address)));

    // DNS rebinding: a stranger's name that resolves to this port makes a visitor's browser take it for the stranger's
    // site. Browsers always send a Host; a load balancer's health check may not.
    private bool IsAllowed(HostString host) =>
        !host.HasValue || IPAddress.TryParse(host.Host, out _) || HostNames.Contains(hosts, host.Host);

    [LoggerMessage(
        LogLevel.Warning,
        "Refused {Path} on the internal port under the name {Host}. If nodes or operators use that name, add it to Internal:AllowedHosts. More of these within a minute are not logged"
    )]
    private partial void LogRefused(string? host, string? path);
}
