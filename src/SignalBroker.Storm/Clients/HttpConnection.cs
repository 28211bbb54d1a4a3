using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text;

namespace SignalBroker.Storm.Clients;

/// <summary>One HTTP/1.1 connection to one server, kept alive and opened again when the server has closed it.</summary>
/// <remarks>For one request at a time. A request that was written is never repeated: it may have been carried out.</remarks>
public sealed class HttpConnection(Uri server, SourceAddresses sources) : IDisposable
{
    // Servers close idle connections only after seconds; asking the kernel before each request would cost a call.
    private static readonly TimeSpan SurelyOpen = TimeSpan.FromSeconds(1);

    private readonly AnswerReader reader = new();
    private readonly CancellationTokenSource disposed = new();
    private CancellationTokenSource? timeout;
    private OpenConnection? connection;
    private long lastUsed;

    public Uri Server { get; } = server;

    /// <summary>How long a request may take, the connecting included.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Posts a request that <see cref="HttpRequests"/> has rendered for this server.</summary>
    /// <returns>The answer; its body is only valid until the next request.</returns>
    /// <exception cref="IOException">The connection broke before the answer was there.</exception>
    /// <exception cref="SocketException">The server can't be reached.</exception>
    /// <exception cref="TimeoutException">The answer did not come in time.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<HttpAnswer> PostAsync(ReadOnlyMemory<byte> renderedRequest)
    {
        // Linked once for many requests.
        timeout ??= CancellationTokenSource.CreateLinkedTokenSource(disposed.Token);
        timeout.CancelAfter(Patience);
        try
        {
            CloseIfServerHas();
            connection ??= await sources.OpenAsync(Server, timeout.Token);
            var stream = connection.Value.Stream;
            await stream.WriteAsync(renderedRequest, timeout.Token);
            var answer = await reader.ReadAsync(stream, timeout.Token);
            lastUsed = Stopwatch.GetTimestamp();
            timeout.CancelAfter(Timeout.InfiniteTimeSpan);
            if (reader.Closes)
            {
                Close();
            }

            return answer;
        }
        catch (OperationCanceledException late) when (!disposed.IsCancellationRequested)
        {
            Close();
            timeout.Dispose();
            timeout = null;
            throw new TimeoutException($"{Server.Authority} did not answer within {Patience.TotalSeconds:0} s.", late);
        }
        catch
        {
            Close();
            throw;
        }
    }

    /// <summary>Renders a request and posts it.</summary>
    /// <returns>The answer; its body is only valid until the next request.</returns>
    public ValueTask<HttpAnswer> PostAsync(string path, string? authorization, string? mediaType, string body) =>
        PostAsync(HttpRequests.RenderPost(Server, path, authorization, mediaType, Encoding.UTF8.GetBytes(body)));

    public void Dispose()
    {
        if (!disposed.IsCancellationRequested)
        {
            disposed.Cancel();
            Close();
            disposed.Dispose();
            timeout?.Dispose();
        }
    }

    // Readable without a question asked: the server has closed it.
    private void CloseIfServerHas()
    {
        if (
            Stopwatch.GetElapsedTime(lastUsed) > SurelyOpen
            && connection?.Socket.Poll(0, SelectMode.SelectRead) == true
        )
        {
            Close();
        }
    }

    private void Close()
    {
        connection?.Stream.Dispose();
        connection = null;
    }
}
