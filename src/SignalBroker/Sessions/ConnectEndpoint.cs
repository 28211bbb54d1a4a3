using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Options;
using SignalBroker.Compatibility;
using SignalBroker.Hosting;
using SignalBroker.Http;
using SignalBroker.Nodes;
using SignalBroker.Turn;
using SignalBroker.Users;

namespace SignalBroker.Sessions;

/// <summary>What <c>/connect</c> takes.</summary>
/// <param name="UserId">Who listens: 1 to 128 characters of A-Z a-z 0-9 . _ ~ @ + : -; left out for an anonymous user.</param>
/// <param name="Device">What the user calls the device, 1 to 64 characters of the same set; may be left out.</param>
public sealed record ConnectRequest(string? UserId = null, string? Device = null);

/// <summary>A new session: where to listen, and with what.</summary>
/// <param name="UserId">Whose session it is.</param>
/// <param name="Device">The device, if it was named.</param>
/// <param name="ListeningAddress">The WebSocket address to open and speak STOMP on.</param>
/// <param name="ListeningKey">The session's public name: STOMP login, and <c>/queue/…</c> to subscribe to.</param>
/// <param name="Passcode">The session's only secret: STOMP passcode and password of HTTP's Basic scheme.</param>
/// <param name="Ack">Whether the session is listening; always false here.</param>
/// <param name="AckBy">The session expires unless it listens by then.</param>
/// <param name="IceServers">For <c>new RTCPeerConnection({ iceServers })</c>; empty when none is configured.</param>
/// <param name="IceServersExpireAt">When their credentials expire; <c>/ice-servers</c> answers fresh ones before.</param>
public sealed record ConnectAnswer(
    string UserId,
    string? Device,
    string ListeningAddress,
    string ListeningKey,
    string Passcode,
    bool Ack,
    DateTime AckBy,
    IReadOnlyList<IceServer> IceServers,
    DateTime? IceServersExpireAt
);

/// <summary><c>POST /connect</c>: opens a session on a node that has room for it.</summary>
public sealed class ConnectEndpoint(
    SessionOpener opener,
    NodeCatalog nodes,
    SessionCloser closer,
    UserProof proof,
    IceServers iceServers,
    OriginalClient originalClient,
    SessionsMetrics metrics,
    IOptions<SessionsOptions> options
)
{
    private static readonly TimeSpan NodeRetry = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan CapRetry = TimeSpan.FromSeconds(30);

    /// <summary>Handles one request.</summary>
    public async Task<IResult> HandleAsync(HttpRequest request)
    {
        var isForm = RequestBody.IsForm(request);
        var wanted = isForm ? await ReadFormAsync(request) : await ReadJsonAsync(request);
        if (wanted.UserId is not null && !UserId.IsValid(wanted.UserId))
        {
            return Problem.InvalidUserId("userId");
        }

        if (wanted.Device is not null && !UserId.IsValidDevice(wanted.Device))
        {
            return Problem.InvalidMember("device", $"must have {UserId.DeviceRule}");
        }

        var proven = await proof.FindAsync(request, wanted.UserId);
        if (proven is ProvenUser.Refused refused)
        {
            return refused.Problem;
        }

        var user = (ProvenUser.Known)proven;

        // An original page logs in with its user id, which then must not be the name of a broker's own user.
        var isOriginal = isForm && originalClient.Enabled && !user.ByApplication;
        if (isOriginal && user.UserId is not null && nodes.IsBrokerUser(user.UserId))
        {
            return Problem.InvalidUserId("userId");
        }

        if (nodes.Choose(Random.Shared) is not { } node)
        {
            return Problem.Of(
                StatusCodes.Status503ServiceUnavailable,
                "no-node-available",
                "No node takes new sessions at the moment.",
                NodeRetry
            );
        }

        return await OpenAsync(user, wanted.Device, node, isOriginal, Networks.ClientOf(request.HttpContext));
    }

    private async Task<IResult> OpenAsync(
        ProvenUser.Known user,
        string? device,
        Node node,
        bool isOriginal,
        IPAddress address
    )
    {
        var settings = options.Value;
        var key = ListeningKey.Create();
        var passcode = isOriginal ? key : Passcode.Create();
        var session = new NewSession(
            key,
            PasscodeHash.Of(passcode).ToArray(),
            user.UserId ?? UserId.CreateAnonymous(),
            device,
            node.Name,
            address,
            isOriginal,
            user.ByApplication
        );
        switch (await opener.OpenAsync(session))
        {
            case Opening.Opened opened:
                node.AddSession();
                metrics.Opened(node.Name);
                foreach (var replaced in opened.Replaced)
                {
                    closer.Close(replaced, "replaced by a newer session");
                }

                // An original page's key is its secret, and a TURN user name is none.
                var ice = isOriginal ? new([], IceServersExpireAt: null) : iceServers.For(key);
                return TypedResults.Ok(
                    new ConnectAnswer(
                        session.UserId,
                        session.Device,
                        node.ListeningAddress,
                        key,
                        passcode,
                        Ack: false,
                        opened.AckBy,
                        ice.IceServers,
                        ice.IceServersExpireAt
                    )
                );
            case Opening.UserFull when settings.PerUser == SessionsPerUser.Reject:
                return Problem.Of(
                    StatusCodes.Status409Conflict,
                    "user-already-connected",
                    $"{session.UserId} is already connected."
                );
            case Opening.UserFull:
                return Problem.Of(
                    StatusCodes.Status409Conflict,
                    "too-many-sessions-of-user",
                    $"{session.UserId} has {settings.MaxPerUser} sessions, and may not have more."
                );
            default:
                return Problem.Of(
                    StatusCodes.Status429TooManyRequests,
                    "too-many-sessions-of-address",
                    $"{settings.MaxPerAddress} sessions have been opened from this address, and it may not have more.",
                    CapRetry
                );
        }
    }

    private static async Task<ConnectRequest> ReadFormAsync(HttpRequest request)
    {
        var form = await RequestBody.ReadFormAsync(request);
        return new(Single("userId"), Single("device"));

        // An empty field is what a page sends when nothing was typed.
        string? Single(string name) =>
            form.TryGetValue(name, out var values) && values is [{ Length: > 0 } value] ? value : null;
    }

    private static async Task<ConnectRequest> ReadJsonAsync(HttpRequest request)
    {
        using var body = await RequestBody.ReadAsync(request);
        try
        {
            return JsonSerializer.Deserialize(body.Written.Span, HttpJson.Default.ConnectRequest)
                ?? throw new RefusedException(Problem.MalformedBody("The body must be a JSON object."));
        }
        catch (JsonException wrong) when (wrong.Path is { Length: > 1 } path && !path.Contains('['))
        {
            throw new RefusedException(Problem.InvalidMember(path.TrimStart('$', '.'), "has a wrong type"));
        }
        catch (JsonException)
        {
            throw new RefusedException(Problem.MalformedBody("The body must be a JSON object."));
        }
    }
}
