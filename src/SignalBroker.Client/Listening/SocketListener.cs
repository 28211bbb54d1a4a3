using System.Buffers;
using System.Net.WebSockets;
using System.Runtime.CompilerServices;
using SignalBroker.Client.Http;
using SignalBroker.Client.WebSockets;

namespace SignalBroker.Client.Listening;

/// <summary>Listens at the session's node over a WebSocket, whatever is spoken there.</summary>
internal abstract class SocketListener(
    HttpMessageInvoker http,
    SignalBrokerClientOptions options,
    EnvelopeReceived received
) : Listener(options.TimeProvider, received)
{
    private const int ReceiveSize = 16 * 1024;

    // A lost network may never answer the closing handshake.
    private static readonly TimeSpan ClosingPatience = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim saying = new(1);
    private WebSocket? socket;
    private bool answered;

    public override ListensBy By => ListensBy.WebSocket;

    // While it is held up, answers would wait behind signals that nobody reads.
    public override bool CanSend => !IsHeldUp;

    protected override string OtherSide => "node";

    protected TimeSpan HeartBeat => options.HeartBeat;

    /// <summary>What the WebSocket is asked to carry.</summary>
    protected abstract string SubProtocol { get; }

    protected abstract WebSocketMessageType MessageType { get; }

    protected abstract ReadOnlyMemory<byte> Beating { get; }

    /// <summary>What is said before the socket is closed; empty for nothing.</summary>
    protected virtual ReadOnlyMemory<byte> Farewell => default;

    private WebSocket Socket => socket!;

    public override async Task SendAsync(ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        var frame = Frame(body.Span);
        try
        {
            await saying.WaitAsync(cancellationToken);
            try
            {
                // Giving up in the middle of a frame would break the socket.
                await SayAsync(frame, CancellationToken.None);
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
            ArrayPool<byte>.Shared.Return(frame.Array!);
        }
    }

    public override async Task CloseAsync(Interruption why)
    {
        using var limit = new CancellationTokenSource(ClosingPatience);
        try
        {
            await saying.WaitAsync(limit.Token);
            if (!Farewell.IsEmpty)
            {
                await SayAsync(Farewell, limit.Token);
            }

            await Socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, limit.Token);
        }
        catch (Exception broken) when (IsLoss(broken) || broken is OperationCanceledException)
        {
            // The connection is gone already.
        }

        End(why);
    }

    /// <summary>The WebSocket's address for the session.</summary>
    protected abstract string AddressOf(OpenSession session);

    /// <summary>Logs in over the new WebSocket, and subscribes.</summary>
    protected abstract Task LogInAsync(OpenSession session, CancellationToken cancellationToken);

    /// <summary>Takes what has arrived, which is only valid within the call.</summary>
    protected abstract void Take(ReadOnlyMemory<byte> arrived);

    /// <summary>What sends a signal's body, in an array of the shared pool.</summary>
    protected abstract ArraySegment<byte> Frame(ReadOnlySpan<byte> body);

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
                await SayAsync(Beating, CancellationToken.None);
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
        socket = await OpenAsync(new Uri(AddressOf(session)), cancellationToken);
        await LogInAsync(session, cancellationToken);
    }

    /// <summary>Says something, and receives until <see cref="Answered"/> is called.</summary>
    /// <exception cref="ListeningFailedException">The node refused it, or is gone.</exception>
    protected async Task AskAsync(ReadOnlyMemory<byte> words, CancellationToken cancellationToken)
    {
        answered = false;
        await SayAsync(words, cancellationToken);
        while (!answered)
        {
            if (!await ReceiveAsync(cancellationToken))
            {
                throw new ListeningFailedException(Reason!.Reason);
            }
        }
    }

    protected void Answered() => answered = true;

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
                    Take(buffer.AsMemory(0, begun.Count));
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
            // There are heart-beats already; these would be a timer for each listener.
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

    private ValueTask SayAsync(ReadOnlyMemory<byte> words, CancellationToken cancellationToken) =>
        Socket.SendAsync(words, MessageType, endOfMessage: true, cancellationToken);
}
