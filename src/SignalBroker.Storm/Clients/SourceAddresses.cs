using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace SignalBroker.Storm.Clients;

/// <summary>Opens TCP and TLS connections; those to this machine come from many addresses of 127.0.0.0/8.</summary>
/// <remarks>
/// A source address has 28,000 ports, and users come from addresses of their own. Each process of a load takes another
/// part of 127.0.0.0/8, so that their ports never meet.
/// </remarks>
public sealed class SourceAddresses
{
    /// <summary>How many parts there are: one for each process of a load.</summary>
    public const int Parts = 200;

    private const int PerPart = 250;
    private const int FirstPart = 20;

    private readonly byte part;
    private readonly ConcurrentDictionary<string, IPAddress> resolved = new();
    private int opened;

    /// <summary>Takes a part of the addresses, from 0 to <see cref="Parts"/> − 1.</summary>
    public SourceAddresses(int part = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(part);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(part, Parts);
        this.part = (byte)(FirstPart + part);
    }

    /// <summary>Opens a connection to the host of an <c>http</c>, <c>https</c>, <c>ws</c> or <c>wss</c> address.</summary>
    /// <exception cref="SocketException">The server can't be reached.</exception>
    /// <exception cref="System.Security.Authentication.AuthenticationException">TLS failed.</exception>
    public async Task<OpenConnection> OpenAsync(Uri address, CancellationToken cancellationToken)
    {
        var socket = await ConnectAsync(address.IdnHost, address.Port, cancellationToken);
        var stream = new NetworkStream(socket, ownsSocket: true);
        if (address.Scheme is not ("https" or "wss"))
        {
            return new(socket, stream);
        }

        var secure = new SslStream(stream, leaveInnerStreamOpen: false);
        try
        {
            await secure.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions { TargetHost = address.IdnHost },
                cancellationToken
            );
            return new(socket, secure);
        }
        catch
        {
            await secure.DisposeAsync();
            throw;
        }
    }

    /// <summary>Opens a TCP connection.</summary>
    /// <exception cref="SocketException">The server can't be reached.</exception>
    public async Task<Socket> ConnectAsync(string host, int port, CancellationToken cancellationToken)
    {
        var target = await ResolveAsync(host, cancellationToken);
        var socket = new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (target.AddressFamily == AddressFamily.InterNetwork && IPAddress.IsLoopback(target))
            {
                socket.Bind(new IPEndPoint(NextSource(), 0));
            }

            await socket.ConnectAsync(new IPEndPoint(target, port), cancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private IPAddress NextSource()
    {
        var number = (uint)Interlocked.Increment(ref opened) % PerPart;
        return new IPAddress([127, part, 0, (byte)(1 + number)]);
    }

    private async Task<IPAddress> ResolveAsync(string host, CancellationToken cancellationToken)
    {
        if (!resolved.TryGetValue(host, out var address))
        {
            var found = await Dns.GetHostAddressesAsync(host, cancellationToken);
            address = found.FirstOrDefault(one => one.AddressFamily == AddressFamily.InterNetwork) ?? found[0];
            resolved[host] = address;
        }

        return address;
    }
}

/// <summary>A connection that has been opened.</summary>
/// <param name="Socket">To ask whether it still lives; the stream owns it.</param>
/// <param name="Stream">To read and write, through TLS where the address says so.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct OpenConnection(Socket Socket, Stream Stream);
