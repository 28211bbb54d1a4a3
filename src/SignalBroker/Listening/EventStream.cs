using System.Buffers;
using System.IO.Pipelines;

namespace SignalBroker.Listening;

/// <summary>A response of server-sent events (HTML standard, section 9.2).</summary>
/// <param name="response">The response; it must not have begun.</param>
/// <param name="patience">How long the reader may take nothing before the request is aborted.</param>
internal sealed class EventStream(HttpResponse response, TimeSpan patience, TimeProvider clock) : IAsyncDisposable
{
    // Signals come from the node and heart-beats from a timer, and the end from either side.
    private readonly SemaphoreSlim turn = new(1);
    private bool hasEnded;

    /// <summary>Sends the headers and a first comment, which says that the session listens.</summary>
    public Task BeginAsync()
    {
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-store";
        // nginx would otherwise keep signals back until it has a buffer full of them.
        response.Headers["X-Accel-Buffering"] = "no";
        return InTurnAsync(body => body.Write(": listening\n\n"u8));
    }

    /// <summary>Sends a comment, so that both sides and whoever is between them know that the stream is alive.</summary>
    public Task BeatAsync() => InTurnAsync(body => body.Write(":\n\n"u8));

    /// <summary>Sends one event.</summary>
    /// <param name="json">Its data. A line break in it arrives as a line feed, which is the same to JSON.</param>
    public Task SendAsync(ReadOnlyMemory<byte> json) => InTurnAsync(body => WriteEvent(body, json.Span));

    /// <summary>Ends the response after what is being sent; nothing more is sent then.</summary>
    public async ValueTask DisposeAsync()
    {
        await turn.WaitAsync();
        hasEnded = true;
        turn.Release();
        turn.Dispose();
        await response.CompleteAsync();
    }

    private static void WriteEvent(PipeWriter body, ReadOnlySpan<byte> json)
    {
        body.Write("data: "u8);
        while (json.IndexOfAny((byte)'\r', (byte)'\n') is var end and >= 0)
        {
            body.Write(json[..end]);
            body.Write("\ndata: "u8);
            json = json[(end + 1)..];
        }

        body.Write(json);
        body.Write("\n\n"u8);
    }

    private async Task InTurnAsync(Action<PipeWriter> write)
    {
        await turn.WaitAsync();
        try
        {
            if (hasEnded)
            {
                throw new IOException("The stream has ended.");
            }

            write(response.BodyWriter);
            var flushing = response.BodyWriter.FlushAsync();
            await (flushing.IsCompleted ? flushing.AsTask() : flushing.AsTask().WaitAsync(patience, clock));
        }
        catch (TimeoutException)
        {
            hasEnded = true;
            response.HttpContext.Abort();
            throw;
        }
        finally
        {
            turn.Release();
        }
    }
}
