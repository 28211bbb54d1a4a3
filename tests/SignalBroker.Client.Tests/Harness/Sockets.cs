using System.Net.Sockets;

namespace SignalBroker.Client.Tests.Harness;

/// <summary>The connections of a client to nodes, which a test can break from outside.</summary>
public sealed class Sockets
{
    private volatile Socket? last;

    /// <summary>To be <see cref="SignalBrokerClientOptions.OpenSocket"/>.</summary>
    public async ValueTask<Stream> OpenAsync(Uri address, CancellationToken cancellationToken)
    {
        var socket = await Connect.ToAsync(address, cancellationToken);
        last = socket;
        return new NetworkStream(socket, ownsSocket: true);
    }

    /// <summary>Breaks the last one.</summary>
    public void Break() => last!.Shutdown(SocketShutdown.Both);
}
