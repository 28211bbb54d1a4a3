using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace SignalBroker.Client.Http;

/// <summary>The webapp's three endpoints, as one user calls them.</summary>
internal sealed class Webapp(SignalBrokerClientOptions options)
{
    private const int LargestAnswer = 1 << 20;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan FarewellPatience = TimeSpan.FromSeconds(5);
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    private readonly string address = options.Url.AbsoluteUri.TrimEnd('/');
    private string? userId = options.UserId;
    private string? token;

    /// <summary>What requests and WebSockets go through.</summary>
    public HttpMessageInvoker Http { get; } = options.Http ?? SharedHttp.Invoker;

    /// <summary>Opens a session.</summary>
    /// <exception cref="ServerRefusedException">The server answered with an error.</exception>
    /// <exception cref="ServerUnreachableException">It did not answer.</exception>
    /// <exception cref="TokenFailedException">The application's source of tokens failed.</exception>
    public async Task<OpenSession> OpenSessionAsync(CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var session = await ConnectAsync(cancellationToken);
                // An anonymous user comes back under the name that the server gave.
                userId = session.Info.UserId;
                return session;
            }
            catch (ServerRefusedException refused)
                when (refused.Status == 401 && attempt == 1 && MayTryAnother(refused))
            {
                token = null;
            }
        }
    }

    /// <summary>Sends one signal, which the body holds as JSON.</summary>
    /// <exception cref="ServerRefusedException">The server answered with an error.</exception>
    /// <exception cref="ServerUnreachableException">It did not answer.</exception>
    public async Task<Sent> ExchangeAsync(
        OpenSession session,
        ReadOnlyMemory<byte> body,
        CancellationToken cancellationToken
    )
    {
        var authorization = new AuthenticationHeaderValue("Basic", session.Credential);
        var answer = await PostAsync("/exchange", body, authorization, Patience, cancellationToken);
        var read = Read(answer, ApiJson.Default.ExchangeAnswer);
        return new(read.Id ?? "", Deliveries(read.Sessions));
    }

    /// <summary>Ends a session, as far as the webapp can be reached.</summary>
    public async Task DisconnectAsync(OpenSession session)
    {
        try
        {
            var authorization = new AuthenticationHeaderValue("Basic", session.Credential);
            await PostAsync("/disconnect", body: null, authorization, FarewellPatience, CancellationToken.None);
        }
        catch (SignalBrokerException)
        {
            // The node ends the session in any case, when its socket breaks.
        }
    }

    private static IReadOnlyList<Delivery> Deliveries(IReadOnlyList<ReachedSession>? sessions) =>
        sessions is null ? [] : [.. sessions.Select(session => session.ToDelivery())];

    // Something else than a webapp answered, such as a gateway's sign-in page; it may go away.
    private static T Read<T>(byte[] answer, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(answer, type) ?? throw new JsonException();
        }
        catch (JsonException wrong)
        {
            throw new ServerUnreachableException("The answer is none of SignalBroker's.", wrong);
        }
    }

    // A name that the server gave to an anonymous user may be one that needs a proof.
    private bool MayTryAnother(ServerRefusedException refused)
    {
        if (options.Token is not null)
        {
            return true;
        }

        var isGivenName = userId is not null && options.UserId is null;
        userId = options.UserId;
        return isGivenName && refused.Code == SignalBrokerCode.TokenMissing;
    }

    private async Task<OpenSession> ConnectAsync(CancellationToken cancellationToken)
    {
        var proof = await TokenAsync(cancellationToken) is { } known
            ? new AuthenticationHeaderValue("Bearer", known)
            : null;
        var body = JsonSerializer.SerializeToUtf8Bytes(
            new ConnectRequest(userId, options.Device),
            ApiJson.Default.ConnectRequest
        );
        var answer = await PostAsync("/connect", body, proof, Patience, cancellationToken);
        if (
            Read(answer, ApiJson.Default.ConnectAnswer)
            is not {
                UserId: { } user,
                ListeningAddress: { } place,
                ListeningKey: { } key,
                Passcode: { } passcode
            } opened
        )
        {
            throw new ServerUnreachableException("The answer to /connect is none of SignalBroker's.");
        }

        return new OpenSession(
            new SessionInfo(user, opened.Device, key, place),
            passcode,
            Convert.ToBase64String(Encoding.ASCII.GetBytes($"{key}:{passcode}"))
        );
    }

    private async ValueTask<string?> TokenAsync(CancellationToken cancellationToken)
    {
        if (token is null && options.Token is not null)
        {
            try
            {
                token = await options.Token(cancellationToken);
            }
            catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
            {
                throw new TokenFailedException($"The token can't be had: {failure.Message}", failure);
            }
        }

        return token;
    }

    private async Task<byte[]> PostAsync(
        string path,
        ReadOnlyMemory<byte>? body,
        AuthenticationHeaderValue? authorization,
        TimeSpan patience,
        CancellationToken cancellationToken
    )
    {
        using var late = new CancellationTokenSource(patience, options.TimeProvider);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        using var request = new HttpRequestMessage(HttpMethod.Post, address + path);
        request.Headers.Authorization = authorization;
        if (body is { } bytes)
        {
            request.Content = new ReadOnlyMemoryContent(bytes) { Headers = { ContentType = Json } };
        }

        try
        {
            using var response = await Http.SendAsync(request, limit.Token);
            await response.Content.LoadIntoBufferAsync(LargestAnswer, limit.Token);
            var answer = await response.Content.ReadAsByteArrayAsync(limit.Token);
            return response.IsSuccessStatusCode ? answer : throw Refusal(response, answer);
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException)
        {
            throw new ServerUnreachableException($"No answer to {path}: {failure.Message}", failure);
        }
        catch (OperationCanceledException failure) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ServerUnreachableException($"No answer to {path} in {patience.TotalSeconds:0} s.", failure);
        }
    }

    private ServerRefusedException Refusal(HttpResponseMessage response, byte[] answer)
    {
        Problem? problem = null;
        try
        {
            problem = JsonSerializer.Deserialize(answer, ApiJson.Default.Problem);
        }
        catch (JsonException)
        {
            // Gateways in between answer without a code.
        }

        var status = (int)response.StatusCode;
        var code =
            response.StatusCode == HttpStatusCode.Unauthorized ? SignalBrokerCode.Unauthorized : $"http-{status}";
        return new(
            status,
            problem?.Code ?? code,
            problem?.Detail ?? problem?.Title ?? $"The server answered {status}.",
            RetryAfter(response.Headers.RetryAfter),
            Deliveries(problem?.Sessions)
        );
    }

    // RFC 9110, section 10.2.3: seconds or a date.
    private TimeSpan? RetryAfter(RetryConditionHeaderValue? header)
    {
        var wait = header?.Delta ?? header?.Date - options.TimeProvider.GetUtcNow();
        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait;
    }
}

/// <summary>The application's source of tokens failed.</summary>
internal sealed class TokenFailedException(string message, Exception cause) : Exception(message, cause);
