using System.Buffers.Text;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace SignalBroker.Client.Http;

/// <summary>The webapp's endpoints, as one user calls them.</summary>
internal sealed class Webapp(SignalBrokerClientOptions options)
{
    private static readonly TimeSpan FarewellPatience = TimeSpan.FromSeconds(5);

    private readonly HttpCalls calls = new(options.Url, options.Http, options.TimeProvider);
    private readonly UserProof proof = new(options);
    private readonly string line = options.Line ?? NewLine();
    private string? userId = options.UserId;

    /// <summary>What requests and WebSockets go through.</summary>
    public HttpMessageInvoker Http => calls.Http;

    /// <summary>What opening a session waits for at this moment.</summary>
    public Interruption IsWaitingFor =>
        proof.IsAsked
            ? new(SignalBrokerCode.TokenUnavailable, "The application has not brought the token yet.")
            : new(SignalBrokerCode.Unreachable, "The server has not answered yet.");

    /// <summary>Opens a session.</summary>
    /// <param name="resumes">Whether the client has listened before.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    /// <exception cref="ServerRefusedException">The server answered with an error.</exception>
    /// <exception cref="ServerUnreachableException">It did not answer.</exception>
    /// <exception cref="TokenUnavailableException">The application's source of tokens failed.</exception>
    public async Task<OpenSession> OpenSessionAsync(bool resumes, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var session = await ConnectAsync(resumes, cancellationToken);
                // An anonymous user comes back under the name that the server gave.
                userId = session.Info.UserId;
                return session;
            }
            catch (UnauthorizedException refused) when (attempt == 1 && MayTryAnother(refused))
            {
                proof.Forget();
            }
        }
    }

    /// <summary>Sends one signal, which the body holds as JSON.</summary>
    /// <exception cref="ServerRefusedException">The server answered with an error.</exception>
    /// <exception cref="ServerUnreachableException">It did not answer.</exception>
    public static Task<ExchangeAnswer> ExchangeAsync(
        HttpCalls calls,
        AuthenticationHeaderValue sender,
        ReadOnlyMemory<byte> body,
        CancellationToken cancellationToken
    ) => calls.PostAsync("/exchange", body, sender, ApiJson.Default.ExchangeAnswer, cancellationToken);

    /// <inheritdoc cref="ExchangeAsync(HttpCalls, AuthenticationHeaderValue, ReadOnlyMemory{byte}, CancellationToken)"/>
    public Task<ExchangeAnswer> ExchangeAsync(
        OpenSession session,
        ReadOnlyMemory<byte> body,
        CancellationToken cancellationToken
    ) => ExchangeAsync(calls, session.Authorization, body, cancellationToken);

    /// <summary>Fresh ICE servers for a session.</summary>
    /// <exception cref="ServerRefusedException">The server answered with an error.</exception>
    /// <exception cref="ServerUnreachableException">It did not answer.</exception>
    public async Task<IceServers> GetIceServersAsync(OpenSession session, CancellationToken cancellationToken)
    {
        var answer = await calls.GetAsync(
            "/ice-servers",
            session.Authorization,
            ApiJson.Default.IceServersAnswer,
            cancellationToken
        );
        return ListedIceServer.All(answer.IceServers, answer.IceServersExpireAt, answer.IceServersTimeToLive);
    }

    /// <summary>Asks anything as a session.</summary>
    /// <inheritdoc cref="HttpCalls.AskAsync{T}"/>
    public Task<T> AskAsync<T>(
        OpenSession session,
        HttpMethod method,
        string path,
        ReadOnlyMemory<byte>? body,
        JsonTypeInfo<T> answer,
        CancellationToken cancellationToken
    )
        where T : class => calls.AskAsync(method, path, body, session.Authorization, answer, cancellationToken);

    /// <summary>Asks for something that has no answer, as a session.</summary>
    /// <inheritdoc cref="HttpCalls.AskAsync{T}"/>
    public Task TellAsync(OpenSession session, HttpMethod method, string path, CancellationToken cancellationToken) =>
        calls.TellAsync(method, path, session.Authorization, HttpCalls.Patience, cancellationToken);

    /// <summary>Opens the stream of a session's signals; whoever gets it disposes of it.</summary>
    /// <exception cref="ServerRefusedException">The server answered with an error.</exception>
    /// <exception cref="ServerUnreachableException">Something else answered.</exception>
    /// <exception cref="HttpRequestException">It did not answer.</exception>
    public Task<HttpResponseMessage> OpenStreamAsync(OpenSession session, CancellationToken cancellationToken) =>
        calls.OpenStreamAsync("/listen", session.Authorization, cancellationToken);

    /// <summary>Ends a session, as far as the webapp can be reached.</summary>
    public async Task DisconnectAsync(OpenSession session)
    {
        try
        {
            await calls.TellAsync(
                HttpMethod.Post,
                "/disconnect",
                session.Authorization,
                FarewellPatience,
                CancellationToken.None
            );
        }
        catch (SignalBrokerException)
        {
            // The node ends the session in any case, when its socket breaks.
        }
    }

    // A name that the server gave to an anonymous user may be one that needs a proof.
    private bool MayTryAnother(UnauthorizedException refused)
    {
        if (proof.HasOthers)
        {
            return true;
        }

        var isGivenName = userId is not null && options.UserId is null;
        userId = options.UserId;
        return isGivenName && refused.Code == SignalBrokerCode.TokenMissing;
    }

    // 128 random bits: whoever knows a line can end its sessions.
    private static string NewLine() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16));

    private async Task<OpenSession> ConnectAsync(bool resumes, CancellationToken cancellationToken)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(
            new ConnectRequest(userId, options.Device, line, resumes),
            ApiJson.Default.ConnectRequest
        );
        var answer = await calls.PostAsync(
            "/connect",
            body,
            await proof.GetAsync(cancellationToken),
            ApiJson.Default.ConnectAnswer,
            cancellationToken
        );
        return
            answer is { UserId: { } user, ListeningAddress: { } place, ListeningKey: { } key, Passcode: { } passcode }
            ? new(
                new(user, answer.Device, key, place),
                passcode,
                ListedIceServer.All(answer.IceServers, answer.IceServersExpireAt, answer.IceServersTimeToLive)
            )
            : throw new ServerUnreachableException("The answer to /connect is none of SignalBroker's.");
    }
}
