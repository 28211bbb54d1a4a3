using System.Net.WebSockets;
using System.Text;

namespace SignalBroker.Bench;

/// <summary>Listens like a browser, and counts what arrives without reading it.</summary>
public sealed class Listener : IDisposable
{
    private static readonly TimeSpan HeartBeat = TimeSpan.FromSeconds(20);
    private static long received;

    private readonly ClientWebSocket socket = new();
    private readonly byte[] buffer = new byte[4096];

    /// <summary>How many signals all listeners together have received.</summary>
    public static long Received => Interlocked.Read(ref received);

    public static async Task<Listener> StartAsync(Session session)
    {
        var listener = new Listener();
        listener.socket.Options.AddSubProtocol("v12.stomp");
        listener.socket.Options.KeepAliveInterval = HeartBeat;
        await listener.socket.ConnectAsync(new Uri(session.ListeningAddress), CancellationToken.None);
        await listener.SayAsync(
            $"CONNECT\naccept-version:1.2\nhost:/\nheart-beat:0,0\nlogin:{session.ListeningKey}\npasscode:{session.Passcode}\n\n\0"
        );
        await listener.HearAsync("CONNECTED");
        await listener.SayAsync(
            $"SUBSCRIBE\nid:0\ndestination:/queue/{session.ListeningKey}\nack:auto\nexclusive:true\nauto-delete:true\ndurable:false\nreceipt:r\n\n\0"
        );
        await listener.HearAsync("RECEIPT");
        _ = Task.Run(listener.CountAsync);
        return listener;
    }

    public void Dispose() => socket.Dispose();

    private Task SayAsync(string frame) =>
        socket.SendAsync(Encoding.UTF8.GetBytes(frame), WebSocketMessageType.Text, true, CancellationToken.None);

    private async Task HearAsync(string command)
    {
        var frame = await socket.ReceiveAsync(buffer, CancellationToken.None);
        var text = Encoding.UTF8.GetString(buffer, 0, frame.Count);
        if (!text.StartsWith(command + "\n", StringComparison.Ordinal))
        {
            throw new InvalidOperationException($"{command} was expected and this came: {text}");
        }
    }

    private async Task CountAsync()
    {
        try
        {
            while (socket.State == WebSocketState.Open)
            {
                var frame = await socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
                if (frame.EndOfMessage && frame.Count > 1)
                {
                    Interlocked.Increment(ref received);
                }
            }
        }
        catch (Exception ended)
            when (ended is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The benchmark is over.
        }
    }
}
