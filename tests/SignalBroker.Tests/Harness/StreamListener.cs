using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Threading.Channels;

namespace SignalBroker.Tests.Harness;

/// <summary>A user's device that listens to /listen, as a browser does where WebSockets are blocked.</summary>
public sealed class StreamListener : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly HttpResponseMessage response;
    private readonly Channel<string> events = Channel.CreateUnbounded<string>();
    private readonly Channel<string> comments = Channel.CreateUnbounded<string>();
    private readonly CancellationTokenSource leaving = new();
    private readonly Task<bool> reading;
    private int disposed;

    private StreamListener(ConnectedSession session, HttpResponseMessage response)
    {
        (Session, this.response) = (session, response);
        reading = Task.Run(ReadAllAsync);
    }

    public ConnectedSession Session { get; }

    public string Key => Session.ListeningKey;

    public HttpResponseHeaders Headers => response.Headers;

    public string? ContentType => response.Content.Headers.ContentType?.ToString();

    /// <summary>Ends with the stream: whether the webapp ended it in good order.</summary>
    public Task<bool> Ended => reading;

    public static async Task<StreamListener> StartAsync(Api api, string? userId = null) =>
        await StartAsync(api, await api.ConnectAsync(userId));

    /// <summary>Begins to listen: when it returns, the webapp has said that the session does.</summary>
    public static async Task<StreamListener> StartAsync(Api api, ConnectedSession session)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(api.Address, "/listen"));
        request.Headers.Authorization = session.Authorization;
        var answer = await api.StreamAsync(request);
        if (!answer.IsSuccessStatusCode)
        {
            answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        }

        var listener = new StreamListener(session, answer);
        (await listener.ReadCommentAsync()).ShouldBe("listening");
        return listener;
    }

    /// <summary>The data of the next event.</summary>
    public async Task<string> ReadAsync() => await NextAsync(events.Reader);

    /// <summary>The next signal's envelope.</summary>
    public async Task<JsonElement> ReceiveAsync() => JsonDocument.Parse(await ReadAsync()).RootElement;

    public async Task<string> ReadCommentAsync() => await NextAsync(comments.Reader);

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) == 0)
        {
            await leaving.CancelAsync();
            await reading;
            response.Dispose();
            leaving.Dispose();
        }
    }

    private static async Task<string> NextAsync(ChannelReader<string> reader)
    {
        using var timeout = new CancellationTokenSource(Patience);
        return await reader.ReadAsync(timeout.Token);
    }

    private async Task<bool> ReadAllAsync()
    {
        try
        {
            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(leaving.Token));
            List<string> data = [];
            while (await reader.ReadLineAsync(leaving.Token) is { } line)
            {
                if (line.StartsWith(':'))
                {
                    comments.Writer.TryWrite(line[1..].Trim());
                }
                else if (line.StartsWith("data: ", StringComparison.Ordinal))
                {
                    data.Add(line["data: ".Length..]);
                }
                else
                {
                    line.ShouldBeEmpty();
                    if (data.Count > 0)
                    {
                        events.Writer.TryWrite(string.Join('\n', data));
                        data.Clear();
                    }
                }
            }

            return true;
        }
        catch (Exception broken) when (broken is IOException or HttpRequestException or OperationCanceledException)
        {
            return false;
        }
        finally
        {
            events.Writer.TryComplete();
            comments.Writer.TryComplete();
        }
    }
}
