using System.Buffers;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using RabbitMQ.Client;

namespace SignalBroker.Broker;

/// <summary>A connection's stream that sends in one piece what is written at about the same time.</summary>
/// <remarks>
/// The client library sends each publish by itself. Under load that costs a system call for each here, and a wake-up
/// for each in the broker. A write that comes alone goes out at once all the same.
/// </remarks>
internal sealed class CoalescingStream(Socket socket) : NetworkStream(socket, ownsSocket: true), IThreadPoolWorkItem
{
    // With so much unsent, writers wait.
    private const int MaxUnsent = 65_536;

    // A write so soon after the last sending is not alone.
    private static readonly TimeSpan Alone = TimeSpan.FromMicroseconds(250);

    private readonly Lock gate = new();
    private ArrayBufferWriter<byte> written = new(MaxUnsent);
    private ArrayBufferWriter<byte> leaving = new(MaxUnsent);
    private TaskCompletionSource? room;
    private Exception? failure;
    private bool isSending;
    private long lastSent;

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var (begins, full) = (false, default(Task));
        lock (gate)
        {
            if (failure is not null)
            {
                return ValueTask.FromException(new IOException("The connection is broken.", failure));
            }

            written.Write(buffer.Span);
            begins = !isSending;
            isSending = true;
            if (written.WrittenCount >= MaxUnsent)
            {
                room ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
                full = room.Task;
            }
        }

        if (begins && Stopwatch.GetElapsedTime(lastSent) > Alone)
        {
            _ = SendAsync();
        }
        else if (begins)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }

        return full is null ? ValueTask.CompletedTask : new(full.WaitAsync(cancellationToken));
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    void IThreadPoolWorkItem.Execute() => _ = SendAsync();

    private async Task SendAsync()
    {
        while (TakeWritten() is { } waiting)
        {
            try
            {
                await base.WriteAsync(leaving.WrittenMemory);
                leaving.ResetWrittenCount();
                lastSent = Stopwatch.GetTimestamp();
                waiting.TrySetResult();
            }
            catch (Exception broken)
            {
                Fail(broken);
                waiting.TrySetException(broken);
                return;
            }
        }
    }

    // Null when there is nothing left to send; otherwise who waits for room.
    private TaskCompletionSource? TakeWritten()
    {
        lock (gate)
        {
            isSending = written.WrittenCount > 0;
            if (!isSending)
            {
                return null;
            }

            (written, leaving) = (leaving, written);
            var waiting = room ?? new();
            room = null;
            return waiting;
        }
    }

    private void Fail(Exception broken)
    {
        lock (gate)
        {
            failure = broken;
            room?.TrySetException(broken);
        }
    }
}

/// <summary>A TCP connection for the client library, with a <see cref="CoalescingStream"/>.</summary>
internal sealed class CoalescingTcpClient(AddressFamily family) : ITcpClient
{
    private readonly Socket socket = new(family, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private CoalescingStream? stream;

    public bool Connected => socket.Connected;

    public Socket Client => socket;

    public TimeSpan ReceiveTimeout
    {
        get => TimeSpan.FromMilliseconds(socket.ReceiveTimeout);
        set => socket.ReceiveTimeout = (int)value.TotalMilliseconds;
    }

    public Task ConnectAsync(IPAddress host, int port, CancellationToken cancellationToken = default) =>
        socket.ConnectAsync(host, port, cancellationToken).AsTask();

    public NetworkStream GetStream() => stream ??= new(socket);

    public void Close() => Dispose();

    public void Dispose()
    {
        stream?.Dispose();
        socket.Dispose();
    }
}
