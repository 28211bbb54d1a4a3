using System.Buffers;
using System.Buffers.Text;
using System.Net.WebSockets;
using System.Runtime.CompilerServices;
using System.Text;
using SignalBroker.Client.Http;
using SignalBroker.Client.WebSockets;
using SignalBroker.Stomp;

namespace SignalBroker.Client.Listening;

/// <summary>Listens at the session's node: WebSocket, STOMP 1.2, SUBSCRIBE to the session's own queue.</summary>
internal sealed class SocketListener : Listener
{
    private const int ReceiveSize = 16 * 1024;
    private const int MaxBeat = 60;
    private const string SubProtocol = "v12.stomp";

    // A lost network may never answer the closing handshake.
    private static readonly TimeSpan ClosingPatience = TimeSpan.FromSeconds(1);
    private static readonly byte[] HeartBeat = "\n"u8.ToArray();

    private readonly HttpMessageInvoker http;
    private readonly SignalBrokerClientOptions options;
    private readonly StompFrames frames = new();
    private readonly StompFrames.Handler handle;
    private readonly SemaphoreSlim saying = new(1);
    private WebSocket? socket;
    private string? expected;
    private bool answered;

    public SocketListener(HttpMessageInvoker http, SignalBrokerClientOptions options, EnvelopeReceived received)
        : base(options.TimeProvider, received) => (this.http, this.options, handle) = (http, options, Handle);

    public override ListensBy By => ListensBy.WebSocket;

    // While it is held up, answers would wait behind signals that nobody reads.
    public override bool CanSend => !IsHeldUp;

    protected override string OtherSide => "node";

    private WebSocket Socket => socket!;

    public override async Task SendAsync(
        OpenSession session,
        ReadOnlyMemory<byte> body,
        CancellationToken cancellationToken
    )
    {
        // The node checks the user id, which proves the sender to the webapp.
        var key = session.Info.ListeningKey;
        var head = $"SEND\ndestination:/exchange/signals/{key}\nuser-id:{key}\ncontent-length:{body.Length}\n\n";
        var frame = ArrayPool<byte>.Shared.Rent(head.Length + body.Length + 1);
        try
        {
            var length = Encoding.ASCII.GetBytes(head, frame);
            body.Span.CopyTo(frame.AsSpan(length));
            length += body.Length;
            frame[length++] = 0;
            await saying.WaitAsync(cancellationToken);
            try
            {
                // Giving up in the middle of a frame would break the socket.
                await SayAsync(frame.AsMemory(0, length), CancellationToken.None);
            }
            finally
            {
                saying.Release();
            }
        }
        catch (Exception broken) when (IsLoss(broken))
        {
            throw new ListeningFailedException($"The socket is lost: {broken.Message}", broken);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(frame);
        }
    }

    public override async Task CloseAsync(Interruption why)
    {
        using var limit = new CancellationTokenSource(ClosingPatience);
        try
        {
            await saying.WaitAsync(limit.Token);
            await Socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, limit.Token);
        }
        catch (Exception broken) when (IsLoss(broken) || broken is OperationCanceledException)
        {
            // The connection is gone already.
        }

        End(why);
    }

    protected override void Break() => socket?.Dispose();

    protected override void Say()
    {
        // A frame that is being sent serves as a heart-beat.
        if (saying.Wait(0))
        {
            _ = SayBeatAsync();
        }

        async Task SayBeatAsync()
        {
            try
            {
                await SayAsync(HeartBeat, CancellationToken.None);
            }
            catch (Exception broken) when (IsLoss(broken) || broken is OperationCanceledException)
            {
                // The receiving side will notice.
            }
            finally
            {
                saying.Release();
            }
        }
    }

    protected override async Task BeginAsync(OpenSession session, CancellationToken cancellationToken)
    {
        var address = new Uri(session.Info.ListeningAddress);
        socket = await OpenAsync(address, cancellationToken);
        var key = session.Info.ListeningKey;
        var beat = options.HeartBeat;
        var ours = (int)beat.TotalMilliseconds;
        await AskAsync(
            "CONNECTED",
            $"CONNECT\naccept-version:1.2\nhost:/\nheart-beat:{ours},{ours}\nlogin:{key}\npasscode:{session.Passcode}\n\n\0",
            cancellationToken
        );
        await AskAsync(
            "RECEIPT",
            $"SUBSCRIBE\nid:0\ndestination:/queue/{key}\nack:auto\nexclusive:true\nauto-delete:true\ndurable:false\nreceipt:0\n\n\0",
            cancellationToken
        );
        BeatEvery = Math.Clamp(BeatEvery, (int)beat.TotalSeconds, MaxBeat);
        MaxSilence = MaxSilence > TimeSpan.Zero && MaxSilence < 2 * beat ? 2 * beat : MaxSilence;
        expected = null;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    protected override async ValueTask<bool> ReceiveAsync(CancellationToken cancellationToken)
    {
        // An empty read waits without a buffer.
        var begun = await Socket.ReceiveAsync(Memory<byte>.Empty, cancellationToken);
        Heard();
        if (begun.MessageType != WebSocketMessageType.Close && !begun.EndOfMessage)
        {
            var buffer = ArrayPool<byte>.Shared.Rent(ReceiveSize);
            try
            {
                do
                {
                    begun = await Socket.ReceiveAsync(buffer.AsMemory(), cancellationToken);
                    frames.Add(buffer.AsMemory(0, begun.Count), handle);
                } while (!begun.EndOfMessage && Reason is null);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }

        if (begun.MessageType == WebSocketMessageType.Close)
        {
            Lose($"The node closed the socket: {Socket.CloseStatusDescription ?? "no reason given"}.");
        }

        await HoldUpAsync();
        return Reason is null;
    }

    private async Task<WebSocket> OpenAsync(Uri address, CancellationToken cancellationToken)
    {
        if (options.OpenSocket is { } open)
        {
            var stream = await open(address, cancellationToken);
            try
            {
                return await WebSocketUpgrade.OpenAsync(stream, address, SubProtocol, cancellationToken);
            }
            catch
            {
                await stream.DisposeAsync();
                throw;
            }
        }

        var client = new ClientWebSocket();
        try
        {
            client.Options.AddSubProtocol(SubProtocol);
            // STOMP has heart-beats of its own; these would be a timer for each listener.
            client.Options.KeepAliveInterval = TimeSpan.Zero;
            await client.ConnectAsync(address, http, cancellationToken);
            return client;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    private async Task AskAsync(string answer, string frame, CancellationToken cancellationToken)
    {
        (expected, answered) = (answer, false);
        await SayAsync(Encoding.ASCII.GetBytes(frame), cancellationToken);
        while (!answered)
        {
            if (!await ReceiveAsync(cancellationToken))
            {
                throw new ListeningFailedException(Reason!.Reason);
            }
        }
    }

    private ValueTask SayAsync(ReadOnlyMemory<byte> words, CancellationToken cancellationToken) =>
        Socket.SendAsync(words, WebSocketMessageType.Text, endOfMessage: true, cancellationToken);

    private void Handle(StompFrame frame)
    {
        if (frame.Command.SequenceEqual("MESSAGE"u8))
        {
            HandOn(frame.Body);
        }
        else if (frame.Command.SequenceEqual("ERROR"u8))
        {
            Reached();
            Lose($"The node refused: {Encoding.UTF8.GetString(frame["message"u8])}.");
        }
        else
        {
            if (frame.Command.SequenceEqual("CONNECTED"u8))
            {
                Reached();
                Agree(frame["heart-beat"u8]);
            }

            answered |= expected is not null && Ascii.Equals(frame.Command, expected);
        }
    }

    // STOMP 1.2, "Heart-beating": "<what the node can promise>,<what it wants>" in milliseconds; 0 for none.
    private void Agree(ReadOnlySpan<byte> nodes)
    {
        if (
            Utf8Parser.TryParse(nodes, out int promised, out var digits)
            && nodes.Length > digits
            && Utf8Parser.TryParse(nodes[(digits + 1)..], out int wanted, out _)
        )
        {
            MaxSilence = 2 * TimeSpan.FromMilliseconds(promised);
            BeatEvery = wanted / 1000;
        }
    }
}
