using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace SignalBroker.Client.Http;

/// <summary>Requests to the webapp, whose failures are this library's exceptions.</summary>
internal sealed class HttpCalls(Uri url, HttpMessageInvoker? http, TimeProvider time)
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private const int LargestAnswer = 1 << 23;
    private const string EventStream = "text/event-stream";

    private static readonly MediaTypeHeaderValue Json = new("application/json");

    // All clients of the process share these connections, also for their WebSockets. They live for a limited time, so
    // that a client notices when a host name moves to another address.
    private static readonly HttpMessageInvoker Shared = new(
        new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = TimeSpan.FromSeconds(15),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        }
    );

    private readonly string address = url.AbsoluteUri.TrimEnd('/');

    /// <summary>What requests and WebSockets go through.</summary>
    public HttpMessageInvoker Http { get; } = http ?? Shared;

    /// <summary>Sends JSON, or nothing, and reads the answer.</summary>
    /// <exception cref="ServerRefusedException">The server answered with an error.</exception>
    /// <exception cref="ServerUnreachableException">It did not answer, or something else did.</exception>
    public async Task<T> AskAsync<T>(
        HttpMethod method,
        string path,
        ReadOnlyMemory<byte>? body,
        AuthenticationHeaderValue? authorization,
        JsonTypeInfo<T> answer,
        CancellationToken cancellationToken
    )
        where T : class
    {
        using var content = body is { } bytes
            ? new ReadOnlyMemoryContent(bytes) { Headers = { ContentType = Json } }
            : null;
        var json = await SendAsync(method, path, content, authorization, Patience, cancellationToken);
        try
        {
            return JsonSerializer.Deserialize(json, answer) ?? throw new JsonException();
        }
        catch (JsonException wrong)
        {
            // Not a webapp's, but a gateway's sign-in page for example, which may go away.
            throw new ServerUnreachableException("The answer is not SignalBroker's.", wrong);
        }
    }

    /// <summary>Sends one signal, which the body holds as JSON.</summary>
    /// <inheritdoc cref="AskAsync{T}"/>
    public Task<ExchangeAnswer> ExchangeAsync(
        AuthenticationHeaderValue sender,
        ReadOnlyMemory<byte> body,
        CancellationToken cancellationToken
    ) => AskAsync(HttpMethod.Post, "/exchange", body, sender, ApiJson.Default.ExchangeAnswer, cancellationToken);

    /// <summary>Sends several signals, each as JSON, and returns what became of each.</summary>
    /// <inheritdoc cref="AskAsync{T}"/>
    public async Task<IReadOnlyList<SignalAnswer>> ExchangeAsync(
        AuthenticationHeaderValue sender,
        IReadOnlyList<ReadOnlyMemory<byte>> bodies,
        CancellationToken cancellationToken
    )
    {
        var array = SignalArray.Write(bodies);
        var answers = await AskAsync(
            HttpMethod.Post,
            "/exchange",
            array,
            sender,
            ApiJson.Default.JsonElementArray,
            cancellationToken
        );
        try
        {
            return answers.Length == bodies.Count
                ? Array.ConvertAll(answers, SignalArray.Read)
                : throw new JsonException();
        }
        catch (JsonException wrong)
        {
            throw new ServerUnreachableException("The answer is not SignalBroker's.", wrong);
        }
    }

    /// <summary>Makes a request, and returns the answer's body.</summary>
    /// <inheritdoc cref="AskAsync{T}"/>
    public async Task<byte[]> SendAsync(
        HttpMethod method,
        string path,
        HttpContent? content,
        AuthenticationHeaderValue? authorization,
        TimeSpan patience,
        CancellationToken cancellationToken
    )
    {
        using var late = new CancellationTokenSource(patience, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        using var request = new HttpRequestMessage(method, address + path);
        request.Headers.Authorization = authorization;
        request.Content = content;
        try
        {
            using var response = await Http.SendAsync(request, limit.Token);
            var answer = await ReadAllAsync(response, limit.Token);
            return response.IsSuccessStatusCode ? answer : throw FailureOf(response, answer);
        }
        // A connection that is reset as soon as it is there is an exception of its own.
        catch (Exception failure) when (failure is HttpRequestException or IOException or SocketException)
        {
            throw new ServerUnreachableException($"No answer to {path}: {failure.Message}", failure);
        }
        catch (OperationCanceledException failure) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ServerUnreachableException($"No answer to {path} in {patience.TotalSeconds:0} s.", failure);
        }
    }

    /// <summary>Opens a stream of server-sent events; whoever gets it disposes of it.</summary>
    /// <exception cref="ServerRefusedException">The server answered with an error.</exception>
    /// <exception cref="ServerUnreachableException">Something else answered.</exception>
    /// <exception cref="HttpRequestException">It did not answer.</exception>
    public async Task<HttpResponseMessage> OpenStreamAsync(
        string path,
        AuthenticationHeaderValue authorization,
        CancellationToken cancellationToken
    )
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address + path);
        request.Headers.Authorization = authorization;
        request.Headers.Accept.Add(new(EventStream));
        var response = await Http.SendAsync(request, cancellationToken);
        if (response.IsSuccessStatusCode && response.Content.Headers.ContentType?.MediaType == EventStream)
        {
            return response;
        }

        using (response)
        {
            // Success means a gateway's sign-in page, or the start page that an application has for each unknown path.
            var type = response.Content.Headers.ContentType?.ToString() ?? "something without a type";
            throw response.IsSuccessStatusCode
                ? new ServerUnreachableException($"Something on the way answered {path} with {type}.")
                : FailureOf(response, await ReadAllAsync(response, cancellationToken));
        }
    }

    private static async Task<byte[]> ReadAllAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await response.Content.LoadIntoBufferAsync(LargestAnswer, cancellationToken);
        return await response.Content.ReadAsByteArrayAsync(cancellationToken);
    }

    private static SignalBrokerException FailureOf(HttpResponseMessage response, byte[] answer)
    {
        Problem? problem = null;
        try
        {
            problem = JsonSerializer.Deserialize(answer, ApiJson.Default.Problem);
        }
        catch (JsonException)
        {
            // Not the server's.
        }

        var status = (int)response.StatusCode;
        var says = problem?.Detail ?? problem?.Title ?? $"Something on the way answered {status}.";
        if ((problem?.Code ?? CodeOfGateway(status)) is not { } code)
        {
            return new ServerUnreachableException(says);
        }

        return ServerRefusedException.Of(new(status, code, says, RetryAfter(response.Headers), problem?.Sessions));
    }

    // The server names every refusal. What has no code comes from a gateway that can't reach it, or won't for the
    // moment; only the length of a body is the same the next time.
    private static string? CodeOfGateway(int status) =>
        status switch
        {
            413 => SignalBrokerCode.PayloadTooLarge,
            429 or >= 502 => $"http-{status}",
            _ => null,
        };

    // RFC 9110, section 10.2.3: seconds or a date, which is the answerer's own as its Date header is.
    private static TimeSpan? RetryAfter(HttpResponseHeaders headers)
    {
        var wait = headers.RetryAfter?.Delta ?? headers.RetryAfter?.Date - headers.Date;
        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait;
    }
}
