using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SignalBroker.Tests.Rooms;

/// <summary>Forwards connections to a port, and keeps every byte that comes back.</summary>
public sealed class RecordingProxy : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource closing = new();
    private readonly MemoryStream recorded = new();
    private readonly Task accepting;

    public RecordingProxy(int port)
    {
        listener.Start();
        accepting = AcceptAsync(port);
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>What has come back, each byte as a character.</summary>
    public string Recorded
    {
        get
        {
            lock (recorded)
            {
                return Encoding.Latin1.GetString(recorded.ToArray());
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await closing.CancelAsync();
        listener.Stop();
        await accepting;
        listener.Dispose();
        closing.Dispose();
    }

    private async Task AcceptAsync(int port)
    {
        try
        {
            using var near = await listener.AcceptTcpClientAsync(closing.Token);
            using var far = new TcpClient();
            await far.ConnectAsync(IPAddress.Loopback, port, closing.Token);
            await Task.WhenAny(
                near.GetStream().CopyToAsync(far.GetStream(), closing.Token),
                RecordAsync(far.GetStream(), near.GetStream())
            );
        }
        catch (Exception ended) when (ended is OperationCanceledException or SocketException or IOException)
        {
            // Either side has left.
        }
    }

    private async Task RecordAsync(NetworkStream from, NetworkStream to)
    {
        var buffer = new byte[16_384];
        while (await from.ReadAsync(buffer, closing.Token) is var read and > 0)
        {
            lock (recorded)
            {
                recorded.Write(buffer, 0, read);
            }

            await to.WriteAsync(buffer.AsMemory(0, read), closing.Token);
        }
    }
}
