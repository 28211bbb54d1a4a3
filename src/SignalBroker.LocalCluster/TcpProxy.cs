using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace SignalBroker.LocalCluster;

/// <summary>
/// Forwards a loopback port to the first reachable one of its targets, in turn; it can be told to swallow everything.
/// </summary>
public sealed class TcpProxy : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly Func<IReadOnlyList<int>> _targets;
    private readonly ConcurrentDictionary<Socket, byte> _sockets = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _accepting;
    private volatile TaskCompletionSource _gate = OpenGate();
    private int _turn;

    /// <summary>Begins to listen and to forward.</summary>
    /// <param name="port">The loopback port to listen on; 0 for any free one.</param>
    /// <param name="targets">The loopback ports to forward to, asked anew for each connection.</param>
    public TcpProxy(int port, Func<IReadOnlyList<int>> targets)
    {
        _targets = targets;
        _listener = new TcpListener(IPAddress.Loopback, port);
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = AcceptAsync();
    }

    public int Port { get; }

    /// <summary>How long each piece is on its way, in either direction.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>Keeps connections open and accepts new ones, but lets nothing through in either direction.</summary>
    public void Blackhole()
    {
        if (_gate.Task.IsCompleted)
        {
            _gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>Lets everything through again, also what a black hole has held back.</summary>
    public void Forward() => _gate.TrySetResult();

    /// <summary>Resets all connections; new ones are forwarded, or held, as before.</summary>
    public void Cut()
    {
        foreach (var socket in _sockets.Keys)
        {
            // A time-out of zero closes with a reset.
            socket.Close(timeout: 0);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        Cut();
        await _accepting;
        _stopping.Dispose();
    }

    private static TaskCompletionSource OpenGate()
    {
        var gate = new TaskCompletionSource();
        gate.SetResult();
        return gate;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(await _listener.AcceptSocketAsync(_stopping.Token));
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
        _sockets.TryAdd(client, 0);
        Socket? server = null;
        try
        {
            await PassGateAsync();
            server = await ConnectAsync();
            if (server is not null)
            {
                _sockets.TryAdd(server, 0);
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
        var targets = _targets();
        var turn = (uint)Interlocked.Increment(ref _turn);
        for (var attempt = 0u; attempt < targets.Count; attempt++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                var port = targets[(int)((turn + attempt) % (uint)targets.Count)];
                await socket.ConnectAsync(IPAddress.Loopback, port, _stopping.Token);
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
                read = await from.ReceiveAsync(buffer, _stopping.Token);
                // The end of a connection is held back like everything else.
                await Task.Delay(Delay, TimeProvider.System, _stopping.Token);
                await PassGateAsync();
                for (var sent = 0; sent < read; )
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, read - sent), _stopping.Token);
                }
            } while (read > 0);

            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception failure)
            when (failure is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Also a reset is held back, and then passed on.
            await PassGateAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            from.Close(timeout: 0);
            to.Close(timeout: 0);
        }
    }

    private Task PassGateAsync() => _gate.Task.WaitAsync(_stopping.Token);

    private void Close(Socket? socket)
    {
        if (socket is not null)
        {
            _sockets.TryRemove(socket, out _);
            socket.Dispose();
        }
    }
}
