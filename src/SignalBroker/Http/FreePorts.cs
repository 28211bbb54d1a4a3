using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace SignalBroker.Http;

/// <summary>Checks that the ports are free before anything starts.</summary>
/// <remarks>Kestrel starts last: by then all background work has begun, and would log that it has to stop.</remarks>
internal sealed class FreePorts(IOptions<ListenersOptions> listeners) : IHostedLifecycleService
{
    /// <exception cref="InvalidSettingException">Nobody can listen at one of them.</exception>
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        // Held until all are checked, so that two settings can't name the same port.
        using var first = Hold(ListenAddress.OfPublic(listeners.Value));
        using var second = Hold(ListenAddress.OfInternal(listeners.Value));
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static Socket Hold(ListenAddress wanted)
    {
        var address = new IPEndPoint(wanted.Ip ?? IPAddress.Loopback, wanted.Port);
        try
        {
            var socket = SocketTransportOptions.CreateDefaultBoundListenSocket(address);
            // Two sockets may be bound to the same address, but only one may listen there.
            socket.Listen();
            return socket;
        }
        catch (Exception failure) when (failure is SocketException or AddressInUseException)
        {
            var reason = (failure as SocketException)?.SocketErrorCode switch
            {
                null or SocketError.AddressAlreadyInUse => $"port {address.Port} of {address.Address} is taken",
                SocketError.AddressNotAvailable => $"{address.Address} is not an address of this machine",
                SocketError.AccessDenied => $"port {address.Port} needs privileges that this process lacks",
                _ => failure.Message.TrimEnd('.'),
            };
            throw new InvalidSettingException($"{wanted.Key}: {reason}.");
        }
    }
}
