using System.Net.Sockets;

namespace SignalBroker.Client.Tests.Harness;

/// <summary>A connection to a node that takes the user's credential at once, and the subscription only when a test says so.</summary>
public sealed class HeldSubscription : IDisposable
{
    // The upgrade and CONNECT come before it.
    private const int Subscribe = 3;

    private readonly TaskCompletionSource arriving = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Stream? stream;

    /// <summary>Ends when the node has taken the credential.</summary>
    public Task Arriving => arriving.Task;

    /// <summary>To be <see cref="SignalBrokerClientOptions.OpenSocket"/>.</summary>
    public async ValueTask<Stream> OpenAsync(Uri address, CancellationToken cancellationToken) =>
        stream = new Held(this, await Connect.ToAsync(address, cancellationToken));

    /// <summary>Lets it through.</summary>
    public void Release() => released.TrySetResult();

    public void Dispose() => stream?.Dispose();

    private sealed class Held(HeldSubscription held, Socket socket) : NetworkStream(socket, ownsSocket: true)
    {
        private int writes;

        public override async ValueTask WriteAsync(
            ReadOnlyMemory<byte> buffer,
            CancellationToken cancellationToken = default
        )
        {
            if (++writes == Subscribe)
            {
                held.arriving.TrySetResult();
                await held.released.Task.WaitAsync(cancellationToken);
            }

            await base.WriteAsync(buffer, cancellationToken);
        }
    }
}

/// <summary>Connections of a test's own to a node.</summary>
public static class Connect
{
    /// <summary>Opens one on this machine.</summary>
    public static async Task<Socket> ToAsync(Uri address, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(address.Host, address.Port, cancellationToken);
        return socket;
    }
}
