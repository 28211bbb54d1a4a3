using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace SignalBroker.Http;

/// <summary>Checks that the ports are free before anything starts.</summary>
/// <remarks>Kestrel starts last: by then all background work has begun, and would log that it has to stop.</remarks>
internal sealed class FreePorts : IDisposable
{
    // Held until all are checked, so that two settings can't name the same port.
    private readonly List<Socket> held = [];

    /// <exception cref="InvalidSettingException">Nobody can listen there.</exception>
    public void Check(string key, IPEndPoint address)
    {
        try
        {
            var socket = SocketTransportOptions.CreateDefaultBoundListenSocket(address);
            held.Add(socket);
            // Two sockets may be bound to the same address, but only one may listen there.
            socket.Listen();
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
            throw new InvalidSettingException($"{key}: {reason}.");
        }
    }

    public void Dispose() => held.ForEach(socket => socket.Dispose());
}
