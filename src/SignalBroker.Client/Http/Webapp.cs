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
    private bool refusesPredecessors;
    private int unanswered;

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
                var session = await ConnectAsync(
                    Request(resumes) with
                    {
                        UserId = userId,
                        Device = options.Device,
                    },
                    await proof.GetAsync(cancellationToken),
                    cancellationToken
                );
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

    /// <summary>Opens a session that takes over from another one of this client, which needs no other proof.</summary>
    /// <remarks><c>listens</c> says whether that one still does; if not, signals go to the new one at once.</remarks>
    /// <returns>Null if the webapp does not know that one any more, or is too old to know what is meant.</returns>
    /// <inheritdoc cref="HttpCalls.AskAsync{T}" path="/exception"/>
    public async Task<OpenSession?> TakeOverAsync(
        OpenSession predecessor,
        bool listens,
        CancellationToken cancellationToken
    )
    {
        if (!predecessor.CanBeSucceeded || refusesPredecessors)
        {
            return null;
        }

        var (key, name) = (predecessor.Info.ListeningKey, predecessor.Info.KnownAs);
        try
        {
            var session = await ConnectAsync(
                Request(resumes: true) with
                {
                    Predecessor = new(key, predecessor.Passcode, listens),
                },
                authorization: null,
                cancellationToken
            );
            if (session.Info.KnownAs == name)
            {
                return session;
            }

            // An older webapp has passed over what it does not know.
            await DisconnectAsync(session);
            return null;
        }
        catch (ServerRefusedException refused) when (refused.Status is 400 or 401)
        {
            refusesPredecessors |= refused.Code == SignalBrokerCode.InvalidMember;
            return null;
        }
    }

    /// <summary>Whether a request for a session got no answer: a webapp may open that one late, and end another for it.</summary>
    /// <remarks>True only once, or two clients could replace each other forever.</remarks>
    public bool MayHaveReplacedItself() => Interlocked.Exchange(ref unanswered, 0) != 0;

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

    private ConnectRequest Request(bool resumes) =>
        new(line, resumes)
        {
            Region = options.Place?.Region,
            Labels = options.Place?.Labels,
            Near = options.Place?.Near,
        };

    // 128 random bits: whoever knows a line can end its sessions.
    private static string NewLine() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16));

    private async Task<OpenSession> ConnectAsync(
        ConnectRequest request,
        AuthenticationHeaderValue? authorization,
        CancellationToken cancellationToken
    )
    {
        try
        {
            var body = JsonSerializer.SerializeToUtf8Bytes(request, ApiJson.Default.ConnectRequest);
            return SessionOf(
                await Calls.AskAsync(
                    HttpMethod.Post,
                    "/connect",
                    body,
                    authorization,
                    ApiJson.Default.ConnectAnswer,
                    cancellationToken
                )
            );
        }
        catch (SignalBrokerException failure) when (failure.MayBeDone)
        {
            Volatile.Write(ref unanswered, 1);
            throw;
        }
    }

    private static OpenSession SessionOf(ConnectAnswer answer) =>
        answer is { UserId: { } user, ListeningAddress: { } place, ListeningKey: { } key, Passcode: { } passcode }
            ? new(
                new(user, answer.Device, key, place) { KnownAs = answer.KnownAs ?? key },
                passcode,
                answer.ToIceServers(),
                answer.Mqtt,
                answer.OffersStomp
            )
            {
                CanBeSucceeded = answer.KnownAs is not null,
            }
            : throw new ServerUnreachableException("The answer to /connect is not SignalBroker's.");
}
