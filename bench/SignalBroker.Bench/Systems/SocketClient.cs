using System.Buffers;
using System.Net.Sockets;
using System.Net.WebSockets;
using SignalBroker.Bench.Wire;
using SignalBroker.Client.WebSockets;
using SignalBroker.Storm.Clients;

namespace SignalBroker.Bench.Systems;

/// <summary>What the clients of all systems share: one WebSocket, its reading and its writing; only the messages differ.</summary>
public abstract class SocketClient(Arrivals arrivals) : IClient
{
    // No message of the benchmark is longer.
    private const int BufferSize = 16 * 1024;

    private static readonly SourceAddresses Sources = new();
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly SemaphoreSlim writing = new(1, 1);
    private readonly Answer answer = new();
    private readonly Outgoing outgoing = new();
    private readonly TaskCompletionSource listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private OpenConnection connection;
    private WebSocket? socket;

    public abstract string Address { get; }

    /// <summary>How its messages are sent.</summary>
    protected virtual WebSocketMessageType MessageType => WebSocketMessageType.Text;

    public Task Closed => closed.Task;

    public abstract ValueTask<bool> SendAsync(IClient to, Signal signal);

    public virtual async ValueTask<bool> SendAllAsync(IClient to, IReadOnlyList<Signal> signals)
    {
        var accepted = true;
        foreach (var signal in signals)
        {
            accepted &= await SendAsync(to, signal);
        }

        return accepted;
    }

    public abstract void SendHeartbeat();

    /// <summary>Cuts the socket, as a crashing browser does.</summary>
    public virtual void Dispose()
    {
        // A time-out of zero closes with a reset, so that the port is free at once.
        connection.Socket?.Close(timeout: 0);
        socket?.Dispose();
        End();
        GC.SuppressFinalize(this);
    }

    /// <summary>Opens the socket, and returns when the client listens.</summary>
    protected async Task OpenAsync(Uri address, string? protocol, CancellationToken cancellationToken)
    {
        try
        {
            connection = await Sources.OpenAsync(address, cancellationToken);
            socket = await WebSocketUpgrade.OpenAsync(connection.Stream, address, protocol, cancellationToken);
            _ = ReceiveAsync(socket);
            SendFirst();
            await listening.Task.WaitAsync(Patience, TimeProvider.System, cancellationToken);
        }
        catch (Exception failure)
            when (!cancellationToken.IsCancellationRequested && (IsEnd(failure) || failure is TimeoutException))
        {
            Dispose();
            throw new ClientFailedException($"{Address} does not listen: {failure.Message}", failure);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Sends what the client has to send first, if anything.</summary>
    protected virtual void SendFirst() { }

    /// <summary>Handles one message from the server.</summary>
    protected abstract void Receive(ReadOnlySpan<byte> message);

    /// <summary>The client listens from now on.</summary>
    protected void SetListening() => listening.TrySetResult();

    /// <summary>The server refuses the client.</summary>
    protected void SetRefused(string reason) =>
        listening.TrySetException(new ClientFailedException($"{Address} was refused: {reason}"));

    /// <summary>Counts the signals in a message.</summary>
    protected void Arrived(ReadOnlySpan<byte> message) => arrivals.Count(message);

    /// <summary>The system has answered what was asked.</summary>
    protected void Answered(bool accepted) => answer.Complete(accepted);

    /// <summary>Begins a message; only for the one that sends.</summary>
    protected Outgoing Begin() => outgoing.Clear();

    /// <summary>Sends the message that was begun, and waits for the answer.</summary>
    protected async ValueTask<bool> RequestAsync()
    {
        var answered = answer.WaitAsync();
        if (closed.Task.IsCompleted || !await WriteAsync(outgoing.Message))
        {
            answer.Complete(accepted: false);
        }

        return await answered;
    }

    /// <summary>Sends a message; if it can't be written, the reading side will notice.</summary>
    protected void Write(ReadOnlyMemory<byte> message) => _ = WriteAsync(message).AsTask();

    /// <summary>Sends a message.</summary>
    /// <returns>Whether it could be written.</returns>
    protected async ValueTask<bool> WriteAsync(ReadOnlyMemory<byte> message)
    {
        await writing.WaitAsync();
        try
        {
            await socket!.SendAsync(message, MessageType, endOfMessage: true, CancellationToken.None);
            return true;
        }
        catch (Exception failure) when (IsEnd(failure))
        {
            return false;
        }
        finally
        {
            writing.Release();
        }
    }

    private static bool IsEnd(Exception failure) =>
        failure
            is WebSocketException
                or IOException
                or SocketException
                or ObjectDisposedException
                or OperationCanceledException;

    private async Task ReceiveAsync(WebSocket open)
    {
        try
        {
            while (await ReceiveMessageAsync(open))
            {
                // Until it is closed.
            }
        }
        catch (Exception failure) when (IsEnd(failure))
        {
            // Whoever waits is notified below.
        }

        End();
    }

    /// <returns>Whether more may come.</returns>
    private async ValueTask<bool> ReceiveMessageAsync(WebSocket open)
    {
        // Waiting takes no buffer.
        var begun = await open.ReceiveAsync(Memory<byte>.Empty, CancellationToken.None);
        if (begun.MessageType == WebSocketMessageType.Close || begun.EndOfMessage)
        {
            return begun.MessageType != WebSocketMessageType.Close;
        }

        var incoming = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            for (var filled = 0; ; )
            {
                var part = await open.ReceiveAsync(incoming.AsMemory(filled), CancellationToken.None);
                filled += part.Count;
                if (part.MessageType == WebSocketMessageType.Close)
                {
                    return false;
                }

                if (part.EndOfMessage)
                {
                    Receive(incoming.AsSpan(0, filled));
                    return true;
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(incoming);
        }
    }

    private void End()
    {
        listening.TrySetException(new ClientFailedException($"{Address}: the server has closed the socket."));
        closed.TrySetResult();
        answer.Complete(accepted: false);
    }
}
