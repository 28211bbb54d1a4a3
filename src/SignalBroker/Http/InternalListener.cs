using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using SignalBroker.Hosting;

namespace SignalBroker.Http;

/// <summary>Marks connections that came in through the internal port.</summary>
public sealed class InternalListener
{
    private static readonly InternalListener Mark = new();

    /// <summary>Marks every connection of a listener. The port is what counts: a <c>Host</c> header can be made up.</summary>
    public static void Apply(ListenOptions listener) =>
        listener.Use(next =>
            connection =>
            {
                connection.Features.Set(Mark);
                return next(connection);
            }
        );

    /// <summary>Whether the request came in through the internal port.</summary>
    public static bool Received(HttpContext context) => context.Features.Get<InternalListener>() is not null;
}

/// <summary>Keeps the two ports apart, and strangers off the internal one.</summary>
public sealed class ListenerGate(RequestDelegate next, IReadOnlyList<IPNetwork> allowed)
{
    /// <summary>Where everything lies that only nodes and operators may reach.</summary>
    private static readonly PathString[] InternalPaths = ["/admin", "/broker-access"];

    private static readonly PathString Health = "/health";

    /// <summary>Lets the request through or answers it with 403 or 404.</summary>
    public Task InvokeAsync(HttpContext context)
    {
        var received = InternalListener.Received(context);
        if (received && !IsAllowed(context.Connection.RemoteIpAddress))
        {
            return Problem
                .Of(
                    StatusCodes.Status403Forbidden,
                    "address-not-allowed",
                    "This address may not use the internal port."
                )
                .ExecuteAsync(context);
        }

        var path = context.Request.Path;
        return received == IsInternal(path) || path.StartsWithSegments(Health, StringComparison.OrdinalIgnoreCase)
            ? next(context)
            : Problem.OfStatus(StatusCodes.Status404NotFound).ExecuteAsync(context);
    }

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
        address is not null && allowed.Any(network => network.Contains(Networks.Plain(address)));
}
