using System.Net.WebSockets;
using System.Text;
using System.Threading.Channels;

namespace SignalBroker.Tests.Harness;

/// <summary>A raw Web-STOMP socket, which says whatever a test wants it to say.</summary>
public sealed class StompSocket : IListenerSocket
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ClientWebSocket socket = new();
    private readonly Channel<StompFrame> frames = Channel.CreateUnbounded<StompFrame>();
    private readonly CancellationTokenSource closing = new();
    private readonly SemaphoreSlim sending = new(1);
    private Task reading = Task.CompletedTask;
    private int disposed;

    /// <summary>Ends when the other side has closed the socket, or the connection is lost.</summary>
    public Task Closed => reading;

    /// <summary>Everything that has arrived, to the letter.</summary>
    public StringBuilder Transcript { get; } = new();

    /// <param name="address">A node's, or that of a proxy before it.</param>
    /// <param name="through">What to go through, for a CA or a source address of one's own.</param>
    /// <param name="configure">Changes how it is opened.</param>
    public static async Task<StompSocket> OpenAsync(
        string address,
        HttpMessageInvoker? through = null,
        Action<ClientWebSocketOptions>? configure = null
    )
    {
        var opened = new StompSocket();
        opened.socket.Options.AddSubProtocol("v12.stomp");
        configure?.Invoke(opened.socket.Options);
        using var timeout = new CancellationTokenSource(Patience);
        await opened.socket.ConnectAsync(new Uri(address), through, timeout.Token);
        opened.reading = Task.Run(opened.ReadAllAsync);
        return opened;
    }

    public Task SendAsync(string command, IEnumerable<(string Name, string Value)> headers, string body = "") =>
        SendTextAsync(StompFrame.Write(command, headers, body));

    /// <summary>Sends a WebSocket message that may be a part of a STOMP frame, or several.</summary>
    public async Task SendTextAsync(string text)
    {
        await sending.WaitAsync();
        try
        {
            await socket.SendAsync(
                Encoding.UTF8.GetBytes(text),
                WebSocketMessageType.Text,
                endOfMessage: true,
                closing.Token
            );
        }
        finally
        {
            sending.Release();
        }
    }

    public Task ConnectAsync(string login, string passcode) =>
        SendAsync(
            "CONNECT",
            [("accept-version", "1.2"), ("host", "/"), ("heart-beat", "0,0"), ("login", login), ("passcode", passcode)]
        );

    /// <summary>Logs in, and says whether the node let it.</summary>
    public async Task<bool> TryConnectAsync(string login, string passcode)
    {
        await ConnectAsync(login, passcode);
        return await ReadAsync() is { Command: "CONNECTED" };
    }

    public Task SubscribeAsync(string destination, params (string Name, string Value)[] more) =>
        SendAsync(
            "SUBSCRIBE",
            [("id", "0"), ("destination", destination), ("ack", "auto"), ("receipt", "subscribed"), .. more]
        );

    /// <summary>Subscribes as every listener does.</summary>
    public Task ListenAsync(string listeningKey, string ack = "auto") =>
        SendAsync(
            "SUBSCRIBE",
            [
                ("id", "0"),
                ("destination", $"/queue/{listeningKey}"),
                ("ack", ack),
                ("receipt", "subscribed"),
                ("exclusive", "true"),
                ("auto-delete", "true"),
                ("durable", "false"),
            ]
        );

    /// <summary>The next frame; null when the socket has closed.</summary>
    public async Task<StompFrame?> ReadAsync(TimeSpan? patience = null)
    {
        using var timeout = new CancellationTokenSource(patience ?? Patience);
        return await frames.Reader.WaitToReadAsync(timeout.Token) && frames.Reader.TryRead(out var frame)
            ? frame
            : null;
    }

    public async Task<StompFrame> ExpectAsync(string command)
    {
        var frame = await ReadAsync();
        frame.ShouldNotBeNull($"the socket closed while {command} was expected");
        frame.Command.ShouldBe(command, frame.Body);
        return frame;
    }

    /// <summary>Waits until the node has refused what was sent, with an ERROR or by closing the socket.</summary>
    public async Task ExpectRefusalAsync()
    {
        if (await ReadAsync() is { } frame)
        {
            frame.Command.ShouldBe("ERROR", frame.Body);
        }
    }

    public async Task<string?> ReceiveAsync(TimeSpan? patience = null)
    {
        if (await ReadAsync(patience) is not { } frame)
        {
            return null;
        }

        frame.Command.ShouldBe("MESSAGE", frame.Body);
        return frame.Body;
    }

    public IReadOnlyList<string> ArrivedEnvelopes() => [.. Arrived().Select(frame => frame.Body)];

    public Task SendSignalAsync(ConnectedSession session, string body) =>
        SendAsync(
            "SEND",
            [("destination", $"/exchange/signals/{session.ListeningKey}"), ("user-id", session.ListeningKey)],
            body
        );

    /// <summary>Whatever has arrived and was not read yet.</summary>
    public IReadOnlyList<StompFrame> Arrived()
    {
        var arrived = new List<StompFrame>();
        while (frames.Reader.TryRead(out var frame))
        {
            arrived.Add(frame);
        }

        return arrived;
    }

    /// <summary>Sends the message again and again, until the node has closed the socket.</summary>
    /// <returns>How many bytes were sent; no more than <paramref name="limit"/>, even if the socket stays open.</returns>
    public async Task<long> FloodAsync(string message, long limit)
    {
        var sent = 0L;
        try
        {
            while (sent < limit && !reading.IsCompleted)
            {
                await SendTextAsync(message);
                sent += message.Length;
            }
        }
        catch (Exception closed)
            when (closed is WebSocketException or OperationCanceledException or ObjectDisposedException or IOException)
        {
            // In the middle of a message.
        }

        return sent;
    }

    /// <summary>Breaks the connection without a word, as a lost network does.</summary>
    public void Abort() => socket.Abort();

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) == 1)
        {
            return;
        }

        await closing.CancelAsync();
        socket.Abort();
        await reading;
        socket.Dispose();
        closing.Dispose();
        sending.Dispose();
    }

    private async Task ReadAllAsync()
    {
        var buffer = new byte[16_384];
        using var message = new MemoryStream();
        try
        {
            while (true)
            {
                var received = await socket.ReceiveAsync(buffer.AsMemory(), closing.Token);
                if (received.MessageType == WebSocketMessageType.Close)
                {
                    break;
                }

                message.Write(buffer.AsSpan(0, received.Count));
                if (!received.EndOfMessage)
                {
                    continue;
                }

                var text = Encoding.UTF8.GetString(message.GetBuffer(), 0, (int)message.Length);
                message.SetLength(0);
                lock (Transcript)
                {
                    Transcript.Append(text);
                }

                // A line end alone is the broker's heart-beat.
                if (text.Trim('\n').Length > 0)
                {
                    frames.Writer.TryWrite(StompFrame.Read(text));
                }
            }
        }
        catch (Exception lost)
            when (lost is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Lost or left: either way nothing more arrives.
        }
        finally
        {
            frames.Writer.TryComplete();
        }
    }
}
