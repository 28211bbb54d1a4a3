using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace SignalBroker.LocalCluster;

/// <summary>
/// Hands out loopback ports below the ephemeral range, where no outgoing connection can take a stopped part's port.
/// </summary>
internal sealed class Ports : IDisposable
{
    private const int First = 20_000;
    private const int BlockSize = 64;
    private const int Blocks = 187;

    // The first port of a block belongs to the cluster that listens on it, and with it all others of the block.
    private readonly List<TcpListener> claims = [];
    private readonly Queue<int> free = [];

    /// <summary>A port for another process.</summary>
    public int Next()
    {
        using var listener = Listen();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>A listener for this process.</summary>
    /// <remarks>
    /// A listener that is closed so that another one can take its port may live on for a moment, in a process that is being started.
    /// </remarks>
    public TcpListener Listen()
    {
        while (true)
        {
            if (!free.TryDequeue(out var port))
            {
                ClaimBlock();
            }
            else if (TryListen(port) is { } listener)
            {
                return listener;
            }
        }
    }

    /// <summary>Checks a port that the user has chosen.</summary>
    /// <exception cref="PartFailedException">It is not a port, or it is taken.</exception>
    public static int Chosen(int port)
    {
        if (port is < 1 or > ushort.MaxValue)
        {
            throw new PartFailedException($"{port} is not a port: ports go from 1 to {ushort.MaxValue}.");
        }

        using var listener = TryListen(port) ?? throw new PartFailedException($"Port {port} is taken.");
        return port;
    }

    public void Dispose() => claims.ForEach(claim => claim.Dispose());

    private void ClaimBlock()
    {
        foreach (var block in RandomNumberGenerator.GetItems(Enumerable.Range(0, Blocks).ToArray(), 4 * Blocks))
        {
            var first = First + (block * BlockSize);
            if (TryListen(first) is { } claim)
            {
                claims.Add(claim);
                Enumerable.Range(first + 1, BlockSize - 1).ToList().ForEach(free.Enqueue);
                return;
            }
        }

        throw new PartFailedException($"No ports are free between {First} and {First + (Blocks * BlockSize)}.");
    }

    private static TcpListener? TryListen(int port)
    {
        var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return listener;
        }
        catch (SocketException)
        {
            listener.Dispose();
            return null;
        }
    }
}
