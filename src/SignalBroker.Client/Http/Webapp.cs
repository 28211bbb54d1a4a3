using System.Buffers.Text;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;

namespace SignalBroker.Client.Http;

/// <summary>The webapp's endpoints, as one user calls them.</summary>
internal sealed class Webapp(SignalBrokerClientOptions options)
{
    private static readonly TimeSpan FarewellPatience = TimeSpan.FromSeconds(5);

    private readonly UserProof proof = new(options);
    private readonly string line = options.Line ?? NewLine();
    private string? userId = options.UserId;

    public HttpCalls Calls { get; } = new(options.Url, options.Http, options.TimeProvider);

    /// <summary>What opening a session is waiting for.</summary>
    public Interruption IsWaitingFor =>
        proof.IsAsked
            ? new(SignalBrokerCode.TokenUnavailable, "The application has not brought the token yet.")
            : new(SignalBrokerCode.Unreachable, "The server has not answered yet.");

    /// <summary>Opens a session; it resumes if the client has listened before.</summary>
    /// <exception cref="TokenUnavailableException">The application's source of tokens failed.</exception>
    /// <inheritdoc cref="HttpCalls.AskAsync{T}" path="/exception"/>
    public async Task<OpenSession> OpenSessionAsync(bool resumes, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var session = await ConnectAsync(resumes, cancellationToken);
                // An anonymous user comes back under the name that the server gave it.
                userId = session.Info.UserId;
                return session;
            }
            catch (UnauthorizedException refused) when (attempt == 1 && MayTryAnother(refused))
            {
                proof.Forget();
            }
        }
    }

    /// <inheritdoc cref="HttpCalls.AskAsync{T}" path="/exception"/>
    public async Task<IceServers> GetIceServersAsync(OpenSession session, CancellationToken cancellationToken)
    {
        var answer = await Calls.AskAsync(
            HttpMethod.Get,
            "/ice-servers",
            body: null,
            session.Authorization,
            ApiJson.Default.IceServersAnswer,
            cancellationToken
        );
        return answer.ToIceServers();
    }

    /// <summary>Ends a session, as far as the webapp can be reached.</summary>
    public async Task DisconnectAsync(OpenSession session)
    {
        try
        {
            await Calls.SendAsync(
                HttpMethod.Post,
                "/disconnect",
                content: null,
                session.Authorization,
                FarewellPatience,
                CancellationToken.None
            );
        }
        catch (SignalBrokerException)
        {
            // In any case the node ends the session when its socket breaks.
        }
    }

    // A name that the server gave to an anonymous user may need a proof by now.
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
        var answer = await Calls.AskAsync(
            HttpMethod.Post,
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
                answer.ToIceServers(),
                answer.Mqtt,
                answer.OffersStomp
            )
            : throw new ServerUnreachableException("The answer to /connect is not SignalBroker's.");
    }
}
