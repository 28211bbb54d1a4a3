using System.ComponentModel.DataAnnotations;
using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace SignalBroker.Http;

/// <summary>The settings under <c>Internal:</c>.</summary>
public sealed class InternalOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Internal";

    /// <summary>Who may use the internal port, as CIDR networks; the loopback addresses when left out.</summary>
    [Required]
    public List<string> AllowedNetworks { get; set; } = [];

    /// <summary>The networks, parsed.</summary>
    public IReadOnlyList<IPNetwork> Networks() =>
        AllowedNetworks.Count == 0
            ? [IPNetwork.Parse("127.0.0.0/8"), IPNetwork.Parse("::1/128")]
            : [.. AllowedNetworks.Select(IPNetwork.Parse)];
}

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

/// <summary>An endpoint that only the internal port serves.</summary>
public sealed class InternalEndpoint;

/// <summary>An endpoint that both ports serve.</summary>
public sealed class SharedEndpoint;

/// <summary>Keeps the two ports apart, and strangers off the internal one.</summary>
public sealed class ListenerGate(RequestDelegate next, IOptions<InternalOptions> options)
{
    private readonly IReadOnlyList<IPNetwork> allowed = options.Value.Networks();

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

        var metadata = context.GetEndpoint()?.Metadata;
        var belongs =
            metadata?.GetMetadata<SharedEndpoint>() is not null
            || received == metadata?.GetMetadata<InternalEndpoint>() is not null;
        return belongs ? next(context) : Problem.OfStatus(StatusCodes.Status404NotFound).ExecuteAsync(context);
    }

    private bool IsAllowed(IPAddress? address)
    {
        if (address is null)
        {
            return false;
        }

        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return allowed.Any(network => network.Contains(plain));
    }
}
