using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using SignalBroker.Hosting;

namespace SignalBroker.Http;

/// <summary>Finds out before anything starts whether the ports are free.</summary>
/// <remarks>Kestrel comes last: by then all the others have begun to work, and would complain that they must stop.</remarks>
internal sealed class FreePorts : IDisposable
{
    // Held until all are checked, so that two settings can't name one port.
    private readonly List<Socket> held = [];

    /// <summary>Checks a port.</summary>
    /// <exception cref="InvalidSettingException">Nobody can listen there.</exception>
    public void Check(string key, IPEndPoint address)
    {
        try
        {
            var socket = SocketTransportOptions.CreateDefaultBoundListenSocket(address);
            held.Add(socket);
            // Two may be bound to one address, and only one may listen there.
            socket.Listen();
        }
        catch (Exception failure) when (failure is SocketException or AddressInUseException)
        {
            var reason = (failure as SocketException)?.SocketErrorCode switch
            {
                null or SocketError.AddressAlreadyInUse => $"port {address.Port} of {address.Address} is taken",
                SocketError.AddressNotAvailable => $"{address.Address} is no address of this machine",
                SocketError.AccessDenied => $"port {address.Port} takes privileges that this process lacks",
                _ => failure.Message.TrimEnd('.'),
            };
            throw new InvalidSettingException($"{key}: {reason}.");
        }
    }

    public void Dispose() => held.ForEach(socket => socket.Dispose());
}
