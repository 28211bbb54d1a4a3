using System.Buffers;
using System.Buffers.Text;
using System.Net.WebSockets;
using System.Runtime.CompilerServices;
using System.Text;
using SignalBroker.Client.Http;
using SignalBroker.Stomp;

namespace SignalBroker.Client.Listening;

/// <summary>Takes one envelope, which is only valid until it returns; more of them wait until its task has ended.</summary>
internal delegate ValueTask EnvelopeReceived(ReadOnlyMemory<byte> envelope);

/// <summary>Listens for one session: WebSocket, STOMP 1.2, SUBSCRIBE to the session's own queue.</summary>
/// <remarks>While nothing comes it holds no buffer of its own, and no timer.</remarks>
internal sealed class Listener : IDisposable
{
    private const string SubProtocol = "v12.stomp";
    private const int ReceiveSize = 16 * 1024;
    private const int LongestBeat = 60;

    // A lost network may never answer the closing handshake.
    private static readonly TimeSpan ClosingPatience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private static readonly byte[] HeartBeat = "\n"u8.ToArray();

    private readonly ClientWebSocket socket = new();
    private readonly CancellationTokenSource ending = new();
    private readonly StompFrames frames = new();
    private readonly StompFrames.Handler handle;
    private readonly TimeProvider time;
    private readonly EnvelopeReceived received;
    private List<Task>? held;
    private string? expected;
    private bool answered;
    private Interruption? reason;
    private TimeSpan longestSilence;
    private long lastHeard;
    private volatile bool isHeldUp;
    private int saying;

    private Listener(TimeProvider time, EnvelopeReceived received)
    {
        (this.time, this.received) = (time, received);
        handle = Handle;
        lastHeard = time.GetTimestamp();
        socket.Options.AddSubProtocol(SubProtocol);
        // STOMP has heart-beats of its own; these would be a timer for each listener.
        socket.Options.KeepAliveInterval = TimeSpan.Zero;
    }

    /// <summary>Every how many seconds it says that it is there.</summary>
    public int BeatEvery { get; private set; }

    /// <summary>Opens the session's listening address and returns when the node has confirmed the subscription.</summary>
    /// <exception cref="ListeningFailedException">The node can't be reached, refused, or took longer than 15 s.</exception>
    public static async Task<Listener> StartAsync(
        HttpMessageInvoker http,
        OpenSession session,
        SignalBrokerClientOptions options,
        EnvelopeReceived received,
        CancellationToken cancellationToken
    )
    {
        using var patience = new CancellationTokenSource(Patience, options.TimeProvider);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        var listener = new Listener(options.TimeProvider, received);
        try
        {
            await listener.socket.ConnectAsync(new Uri(session.Info.ListeningAddress), http, limit.Token);
            await listener.SubscribeAsync(session, options.HeartBeat, limit.Token);
            Pulse.Of(options.TimeProvider).Add(listener);
            return listener;
        }
        catch (Exception failure)
        {
            listener.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            throw failure switch
            {
                ListeningFailedException => failure,
                OperationCanceledException => new ListeningFailedException(
                    "The node did not confirm in time.",
                    failure
                ),
                _ when IsLoss(failure) => new ListeningFailedException($"The node: {failure.Message}", failure),
                _ => failure,
            };
        }
    }

    /// <summary>Hands out what comes until the socket is lost or <see cref="End"/> is called.</summary>
    /// <returns>Why no more comes.</returns>
    public async Task<Interruption> ListenAsync()
    {
        try
        {
            while (await ReceiveAsync(CancellationToken.None)) { }
        }
        catch (Exception broken) when (IsLoss(broken) || broken is OperationCanceledException)
        {
            Lose($"The connection to the node broke: {broken.Message}");
        }

        return Volatile.Read(ref reason)!;
    }

    /// <summary>Breaks the socket; <see cref="ListenAsync"/> returns the reason, if it is the first one.</summary>
    public void End(Interruption why)
    {
        Interlocked.CompareExchange(ref reason, why, null);
        ending.Cancel();
        socket.Dispose();
    }

    /// <summary>Takes leave of the node and breaks the socket.</summary>
    public async Task CloseAsync(Interruption why)
    {
        using var limit = new CancellationTokenSource(ClosingPatience);
        try
        {
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, limit.Token);
        }
        catch (Exception broken) when (IsLoss(broken) || broken is OperationCanceledException)
        {
            // It is gone already.
        }

        End(why);
    }

    /// <summary>Says that this listener is there, and gives a node up that has been silent for too long.</summary>
    /// <returns>Whether it shall be asked again.</returns>
    public bool Beat()
    {
        if (Volatile.Read(ref reason) is not null)
        {
            return false;
        }

        // Held up, it is the application that does not read what the node may have said.
        var silence = time.GetElapsedTime(Volatile.Read(ref lastHeard));
        if (longestSilence > TimeSpan.Zero && silence > longestSilence && !isHeldUp)
        {
            End(Lost($"The node has been silent for {silence.TotalSeconds:0} s."));
            return false;
        }

        if (Interlocked.Exchange(ref saying, 1) == 0)
        {
            _ = SayAsync();
        }

        return true;

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
                Volatile.Write(ref saying, 0);
            }
            catch (Exception broken) when (IsLoss(broken) || broken is OperationCanceledException)
            {
                // The receiving side learns of it.
            }
        }
    }

    /// <inheritdoc />
    public void Dispose() => End(Lost("The connection was closed."));

    private static Interruption Lost(string why) => new(SignalBrokerCode.ListeningLost, why);

    private static bool IsLoss(Exception failure) =>
        failure
            is WebSocketException
                or HttpRequestException
                or IOException
                or InvalidDataException
                or InvalidOperationException;

    private void Lose(string why) => Interlocked.CompareExchange(ref reason, Lost(why), null);

    private async Task SubscribeAsync(OpenSession session, TimeSpan beat, CancellationToken cancellationToken)
    {
        var key = session.Info.ListeningKey;
        var ours = (int)beat.TotalMilliseconds;
        await SayAsync(
            "CONNECTED",
            $"CONNECT\naccept-version:1.2\nhost:/\nheart-beat:{ours},{ours}\nlogin:{key}\npasscode:{session.Passcode}\n\n\0",
            cancellationToken
        );
        await SayAsync(
            "RECEIPT",
            $"SUBSCRIBE\nid:0\ndestination:/queue/{key}\nack:auto\nexclusive:true\nauto-delete:true\ndurable:false\nreceipt:0\n\n\0",
            cancellationToken
        );
        BeatEvery = Math.Clamp(BeatEvery, (int)beat.TotalSeconds, LongestBeat);
        longestSilence = longestSilence > TimeSpan.Zero && longestSilence < 2 * beat ? 2 * beat : longestSilence;
        expected = null;
    }

    private async Task SayAsync(string answer, string frame, CancellationToken cancellationToken)
    {
        (expected, answered) = (answer, false);
        await socket.SendAsync(
            Encoding.ASCII.GetBytes(frame).AsMemory(),
            WebSocketMessageType.Text,
            endOfMessage: true,
            cancellationToken
        );
        while (!answered)
        {
            if (!await ReceiveAsync(cancellationToken))
            {
                throw new ListeningFailedException(reason!.Reason);
            }
        }
    }

    /// <summary>Waits for the node's next words and hears them.</summary>
    /// <returns>Whether there may be more; if not, the reason is known.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> ReceiveAsync(CancellationToken cancellationToken)
    {
        // Waiting takes no buffer.
        var begun = await socket.ReceiveAsync(Memory<byte>.Empty, cancellationToken);
        Volatile.Write(ref lastHeard, time.GetTimestamp());
        if (begun.MessageType != WebSocketMessageType.Close && !begun.EndOfMessage)
        {
            var buffer = ArrayPool<byte>.Shared.Rent(ReceiveSize);
            try
            {
                do
                {
                    begun = await socket.ReceiveAsync(buffer.AsMemory(), cancellationToken);
                    frames.Add(buffer.AsMemory(0, begun.Count), handle);
                } while (!begun.EndOfMessage && reason is null);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }

        if (begun.MessageType == WebSocketMessageType.Close)
        {
            Lose($"The node closed the socket: {socket.CloseStatusDescription ?? "no reason given"}.");
        }

        if (held is not null)
        {
            await HoldUpAsync();
        }

        return Volatile.Read(ref reason) is null;
    }

    private async Task HoldUpAsync()
    {
        isHeldUp = true;
        await Task.WhenAll(held!).WaitAsync(ending.Token);
        held = null;
        Volatile.Write(ref lastHeard, time.GetTimestamp());
        isHeldUp = false;
    }

    private void Handle(StompFrame frame)
    {
        if (frame.Command.SequenceEqual("MESSAGE"u8))
        {
            var taken = received(frame.Body);
            if (!taken.IsCompletedSuccessfully)
            {
                (held ??= []).Add(taken.AsTask());
            }
        }
        else if (frame.Command.SequenceEqual("ERROR"u8))
        {
            Lose($"The node refused: {Encoding.UTF8.GetString(frame["message"u8])}.");
        }
        else
        {
            if (frame.Command.SequenceEqual("CONNECTED"u8))
            {
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
            longestSilence = 2 * TimeSpan.FromMilliseconds(promised);
            BeatEvery = wanted / 1000;
        }
    }
}

/// <summary>A listener could not start.</summary>
internal sealed class ListeningFailedException(string message, Exception? cause = null) : Exception(message, cause);
