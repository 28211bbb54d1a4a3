using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace SignalBroker.LocalCluster;

/// <summary>
/// Forwards a free loopback port to the first reachable one of its targets, in turn; it can be told to swallow everything.
/// </summary>
public sealed class TcpProxy : IAsyncDisposable
{
    private readonly TcpListener listener;
    private readonly Func<IReadOnlyList<int>> targets;
    private readonly ConcurrentDictionary<Socket, byte> sockets = [];
    private readonly CancellationTokenSource stopping = new();
    private readonly Task accepting;
    private volatile TaskCompletionSource gate = OpenGate();
    private int turn;

    /// <summary>Begins to listen and to forward.</summary>
    /// <param name="targets">The loopback ports to forward to, asked anew for each connection.</param>
    public TcpProxy(Func<IReadOnlyList<int>> targets)
        : this(StartListening(), targets) { }

    internal TcpProxy(TcpListener listener, Func<IReadOnlyList<int>> targets)
    {
        this.targets = targets;
        this.listener = listener;
        Port = ((IPEndPoint)listener.LocalEndpoint).Port;
        accepting = AcceptAsync();
    }

    public int Port { get; }

    /// <summary>How long each piece is delayed, in either direction.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>Keeps connections open and accepts new ones, but lets nothing through in either direction.</summary>
    public void Blackhole()
    {
        if (gate.Task.IsCompleted)
        {
            gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>Lets everything through again, including what a black hole has held back.</summary>
    public void Forward() => gate.TrySetResult();

    /// <summary>Resets all connections; new ones are forwarded, or held, as before.</summary>
    public void Cut()
    {
        foreach (var socket in sockets.Keys)
        {
            // A time-out of zero closes with a reset.
            socket.Close(timeout: 0);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        listener.Dispose();
        Cut();
        await accepting;
        stopping.Dispose();
    }

    private static TcpListener StartListening()
    {
        var started = new TcpListener(IPAddress.Loopback, port: 0);
        started.Start();
        return started;
    }

    private static TaskCompletionSource OpenGate()
    {
        var open = new TaskCompletionSource();
        open.SetResult();
        return open;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(await listener.AcceptSocketAsync(stopping.Token));
            }
        }
        catch (Exception failure)
            when (failure is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private async Task ServeAsync(Socket client)
    {
        sockets.TryAdd(client, 0);
        Socket? server = null;
        try
        {
            await PassGateAsync();
            server = await ConnectAsync();
            if (server is not null)
            {
                sockets.TryAdd(server, 0);
                await Task.WhenAll(PumpAsync(client, server), PumpAsync(server, client));
            }
        }
        catch (OperationCanceledException)
        {
            // Disposed while it was held.
        }
        finally
        {
            Close(client);
            Close(server);
        }
    }

    private async Task<Socket?> ConnectAsync()
    {
        var ports = targets();
        var first = (uint)Interlocked.Increment(ref turn);
        for (var attempt = 0u; attempt < ports.Count; attempt++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                var port = ports[(int)((first + attempt) % (uint)ports.Count)];
                await socket.ConnectAsync(IPAddress.Loopback, port, stopping.Token);
                return socket;
            }
            catch (SocketException)
            {
                socket.Dispose();
            }
        }

        return null;
    }

    private async Task PumpAsync(Socket from, Socket to)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            from.NoDelay = true;
            int read;
            do
            {
                read = await from.ReceiveAsync(buffer, stopping.Token);
                // The end of a connection is held back like everything else.
                await Task.Delay(Delay, TimeProvider.System, stopping.Token);
                await PassGateAsync();
                for (var sent = 0; sent < read; )
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, read - sent), stopping.Token);
                }
            } while (read > 0);

            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception failure)
            when (failure is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // A reset is held back too, and then passed on.
            await PassGateAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            from.Close(timeout: 0);
            to.Close(timeout: 0);
        }
    }

    private Task PassGateAsync() => gate.Task.WaitAsync(stopping.Token);

    private void Close(Socket? socket)
    {
        if (socket is not null)
        {
            sockets.TryRemove(socket, out _);
            socket.Dispose();
        }
    }
}
