using System.Buffers;
using System.Net.WebSockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using SignalBroker.Stomp;

namespace SignalBroker.Storm.Clients;

/// <summary>Hears one signal; the envelope is only valid within the call, and the call must not block.</summary>
public delegate void SignalReceived(ReadOnlyMemory<byte> envelope);

/// <summary>Listens for one session as a browser does: WebSocket, STOMP 1.2, SUBSCRIBE to the session's own queue.</summary>
/// <remarks>An idle listener holds no buffer but its 4 KiB of read-ahead.</remarks>
public sealed class Listener : IAsyncDisposable
{
    private const string SubProtocol = "v12.stomp";
    private const int ReceiveSize = 16 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly byte[] HeartBeat = "\n"u8.ToArray();

    private readonly WebSocket socket;
    private readonly SignalReceived received;
    private readonly StompFrames frames = new();
    private readonly StompFrames.Handler handle;
    private string? expected;
    private bool heard;
    private ListeningFailedException? refused;
    private int ending;

    private Listener(WebSocket socket, SignalReceived received)
    {
        this.socket = socket;
        this.received = received;
        handle = Handle;
    }

    /// <summary>Ends when this listener hears no more: with null when it was asked to, otherwise with the reason.</summary>
    public Task<ListeningFailedException?> Closed { get; private set; } = null!;

    /// <summary>Opens the session's listening address and returns when the node has confirmed the subscription.</summary>
    /// <exception cref="ListeningFailedException">The node refused, or the socket broke.</exception>
    /// <exception cref="System.Net.Sockets.SocketException">The node can't be reached.</exception>
    /// <exception cref="TimeoutException">The node took longer than a minute.</exception>
    public static async Task<Listener> StartAsync(
        SourceAddresses sources,
        Session session,
        SignalReceived received,
        CancellationToken cancellationToken
    )
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        OpenConnection? connection = null;
        try
        {
            var address = new Uri(session.ListeningAddress);
            connection = await sources.OpenAsync(address, limit.Token);
            var listener = new Listener(
                await WebSocketUpgrade.OpenAsync(connection.Value.Stream, address, SubProtocol, limit.Token),
                received
            );
            await listener.SubscribeAsync(session, limit.Token);
            HeartBeats.Add(listener);
            listener.Closed = listener.ListenAsync();
            return listener;
        }
        catch (Exception failure)
        {
            connection?.Stream.Dispose();
            switch (failure)
            {
                case OperationCanceledException when !cancellationToken.IsCancellationRequested:
                    throw new TimeoutException($"The node took longer than {Patience.TotalSeconds:0} s.", failure);
                case WebSocketException or IOException or InvalidDataException:
                    throw new ListeningFailedException("socket-broke", failure.Message, failure);
                default:
                    throw;
            }
        }
    }

    /// <summary>Breaks the socket without a word, as a lost network does.</summary>
    public void Abort()
    {
        if (Interlocked.Exchange(ref ending, 1) == 0)
        {
            socket.Dispose();
        }
    }

    /// <summary>Closes the socket, as a tab does that is closed.</summary>
    public async ValueTask DisposeAsync()
    {
        Abort();
        await Closed;
    }

    /// <summary>Says that this listener is there.</summary>
    internal void Beat()
    {
        // A socket that can't take one byte is stopped or broken: reading tells.
        _ = SayAsync();

        async Task SayAsync()
        {
            try
            {
                await socket.SendAsync(
                    HeartBeat.AsMemory(),
                    WebSocketMessageType.Text,
                    endOfMessage: true,
                    CancellationToken.None
                );
            }
            catch (Exception broken) when (IsLoss(broken))
            {
                // The reading side gives the reason.
            }
        }
    }

    private static bool IsLoss(Exception failure) =>
        failure
            is WebSocketException
                or IOException
                or OperationCanceledException
                or ObjectDisposedException
                or InvalidOperationException;

    private async Task SubscribeAsync(Session session, CancellationToken cancellationToken)
    {
        await SayAsync(
            "CONNECTED",
            $"CONNECT\naccept-version:1.2\nhost:/\nheart-beat:0,0\nlogin:{session.ListeningKey}\npasscode:{session.Passcode}\n\n\0",
            cancellationToken
        );
        await SayAsync(
            "RECEIPT",
            $"SUBSCRIBE\nid:0\ndestination:/queue/{session.ListeningKey}\nack:auto\nexclusive:true\nauto-delete:true\ndurable:false\nreceipt:0\n\n\0",
            cancellationToken
        );
        expected = null;
    }

    private async Task SayAsync(string answer, string frame, CancellationToken cancellationToken)
    {
        (expected, heard) = (answer, false);
        await socket.SendAsync(
            Encoding.ASCII.GetBytes(frame).AsMemory(),
            WebSocketMessageType.Text,
            endOfMessage: true,
            cancellationToken
        );
        while (!heard)
        {
            if (await ReceiveAsync(cancellationToken) is { } reason)
            {
                throw reason;
            }
        }
    }

    private async Task<ListeningFailedException?> ListenAsync()
    {
        ListeningFailedException? reason = null;
        try
        {
            while (reason is null)
            {
                reason = await ReceiveAsync(CancellationToken.None);
            }
        }
        catch (Exception broken) when (IsLoss(broken) || broken is InvalidDataException)
        {
            reason = new("socket-broke", broken.Message, broken);
        }

        HeartBeats.Remove(this);
        var wasAsked = Interlocked.Exchange(ref ending, 1) == 1;
        socket.Dispose();
        return wasAsked ? null : reason;
    }

    /// <summary>Waits for the next of the node's words and hears them; returns why there will be no more, or null.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ListeningFailedException?> ReceiveAsync(CancellationToken cancellationToken)
    {
        // Waiting takes no buffer: what comes is read ahead, and then received without waiting.
        var begun = await socket.ReceiveAsync(Memory<byte>.Empty, cancellationToken);
        if (begun.MessageType == WebSocketMessageType.Close)
        {
            return ClosedByNode();
        }

        if (begun.EndOfMessage)
        {
            return null;
        }

        var buffer = ArrayPool<byte>.Shared.Rent(ReceiveSize);
        try
        {
            while (true)
            {
                var piece = await socket.ReceiveAsync(buffer.AsMemory(), cancellationToken);
                if (piece.MessageType == WebSocketMessageType.Close)
                {
                    return ClosedByNode();
                }

                frames.Add(buffer.AsMemory(0, piece.Count), handle);
                if (refused is not null || piece.EndOfMessage)
                {
                    return refused;
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private ListeningFailedException ClosedByNode() =>
        refused ?? new("socket-closed", $"The node closed the socket: {socket.CloseStatusDescription}");

    private void Handle(StompFrame frame)
    {
        if (frame.Command.SequenceEqual("MESSAGE"u8))
        {
            received(frame.Body);
        }
        else if (frame.Command.SequenceEqual("ERROR"u8))
        {
            var message = Encoding.UTF8.GetString(frame["message"u8]);
            refused = new("stomp-error", $"{message}: {Encoding.UTF8.GetString(frame.Body.Span).Trim()}");
        }
        else
        {
            heard |= expected is not null && Ascii.Equals(frame.Command, expected);
        }
    }
}
