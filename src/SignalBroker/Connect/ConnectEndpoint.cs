using System.ComponentModel.DataAnnotations;
using System.Net;
using SignalBroker.Compatibility;
using SignalBroker.Nodes;
using SignalBroker.Sessions;
using SignalBroker.StrangeBehaviors;
using SignalBroker.Turn;
using SignalBroker.Users;

namespace SignalBroker.Connect;

/// <summary>What <c>/connect</c> takes.</summary>
/// <param name="UserId">Who listens: 1 to 255 characters (Unicode code points), each a letter, an accent or a digit of any script or an ASCII sign other than comma, percent, double quote and angle brackets, compared in NFC; left out for an anonymous user.</param>
/// <param name="Device">What the user calls the device, 1 to 64 characters of the same set; may be left out.</param>
/// <param name="Line">
/// A secret of the client's own, which it gives with each of its sessions: 22 to 64 characters of A-Z a-z 0-9 - _. Where a
/// user may have one session, the client takes over from its own last one.
/// </param>
/// <param name="Resumes">
/// Whether the client has listened before, and so takes nobody's place: it may have lost its own to a newer one. It counts
/// only together with the line, by which the client is known; false if left out.
/// </param>
/// <param name="Predecessor">
/// The client's own session from which the new one takes over: it is of the same user and device, others know it under the
/// same name, and its subscriptions go on. It needs no token. One that has lost its socket can be taken over for
/// <c>Sessions:ResumeWithin</c>.
/// </param>
/// <param name="Region">Where the client is: it gets a node there, or else in the next region that has room.</param>
/// <param name="Labels">Among the nodes of a region, those with the most of these labels come first.</param>
/// <param name="Near">
/// Any word, such as a room's name: clients that give the same one get the same node, as long as that is not much fuller than
/// others. So what goes to all of them goes to one node.
/// </param>
internal sealed record ConnectRequest(
    [property: Length(1, Identity.UserId.MaxLength)] string? UserId = null,
    [property: Length(1, Identity.UserId.MaxDeviceLength)] string? Device = null,
    [property: RegularExpression(SessionLine.Pattern)] string? Line = null,
    bool Resumes = false,
    PredecessorCredential? Predecessor = null,
    [property: RegularExpression(NodeOptions.NamePattern)] string? Region = null,
    [property: MaxLength(ConnectRequest.MostLabels)] IReadOnlyList<string>? Labels = null,
    [property: Length(1, ConnectRequest.LongestNear)] string? Near = null
)
{
    /// <summary>How many labels a client may name.</summary>
    public const int MostLabels = 16;

    /// <summary>In characters.</summary>
    public const int LongestNear = 255;
}

/// <summary>The session from which another one takes over.</summary>
/// <param name="ListeningKey">The session's key.</param>
/// <param name="Passcode">Its secret.</param>
/// <param name="Listens">
/// Whether its socket is still open: then signals go there until the new session listens. If false or left out, the socket
/// was lost, and the session ends at once.
/// </param>
internal sealed record PredecessorCredential(
    [property: RegularExpression(Identity.ListeningKey.Pattern)] string ListeningKey,
    [property: MaxLength(PredecessorCredential.LongestPasscode)] string Passcode,
    bool Listens = false
)
{
    /// <summary>In characters; none has more.</summary>
    public const int LongestPasscode = 128;
}

/// <summary>A new session: where to listen, and with what.</summary>
/// <param name="UserId">Whose session it is.</param>
/// <param name="Device">The device, if it was named.</param>
/// <param name="ListeningAddress">The WebSocket address to open and speak STOMP on.</param>
/// <param name="Listening">All ways to listen at the session's node, best first; the first login decides.</param>
/// <param name="ListeningKey">The session's public name: STOMP login, and <c>/queue/…</c> to subscribe to.</param>
/// <param name="Passcode">The session's only secret: STOMP passcode and password of HTTP's Basic scheme.</param>
/// <param name="Ack">Whether the session is listening; always false here.</param>
/// <param name="AckBy">The session expires unless it listens by then.</param>
/// <param name="AckWithin">The same in milliseconds from this answer on, for clients whose clocks may be wrong.</param>
/// <param name="IceServers">For <c>new RTCPeerConnection({ iceServers })</c>; empty when none is configured.</param>
/// <param name="IceServersExpireAt">When their credentials expire; <c>/ice-servers</c> answers fresh ones before.</param>
/// <param name="IceServersTimeToLive">The same in milliseconds from this answer on.</param>
/// <param name="KnownAs">The name under which others know the session and may send to it: its own key, or that of the session from which it has taken over.</param>
/// <param name="Region">Where the node stands, if that has been said.</param>
internal sealed record ConnectAnswer(
    string UserId,
    string? Device,
    string ListeningAddress,
    IReadOnlyList<ListeningOffer> Listening,
    string ListeningKey,
    string Passcode,
    bool Ack,
    DateTime AckBy,
    long AckWithin,
    IReadOnlyList<IceServer> IceServers,
    DateTime? IceServersExpireAt,
    long? IceServersTimeToLive,
    string KnownAs,
    string? Region
);

/// <summary><c>POST /connect</c>: opens a session on a node that has room for it.</summary>
internal sealed class ConnectEndpoint(
    SessionOpener opener,
    SessionStore store,
    SessionDirectory directory,
    NodeCatalog nodes,
    Regions regions,
    Placing placing,
    SessionCloser closer,
    UserProof proof,
    IceServers iceServers,
    OriginalClient originalClient,
    StrangeBehaviorLog strange,
    IOptions<SessionsOptions> options
)
{
    private static readonly TimeSpan CapRetry = TimeSpan.FromSeconds(30);

    /// <summary>Opens a session.</summary>
    /// <remarks>
    /// Answers where to listen, and with what. The session expires unless it listens by <c>ackBy</c>, that is within
    /// <c>ackWithin</c> milliseconds.
    /// </remarks>
    public async Task<IResult> HandleAsync(HttpRequest request)
    {
        var isForm = RequestBody.IsForm(request);
        var wanted = isForm ? await ReadFormAsync(request) : await ReadJsonAsync(request);
        var claimed = wanted.UserId is null ? null : UserId.Read(wanted.UserId);
        if (claimed is null && wanted.UserId is not null)
        {
            return Problem.InvalidUserId("userId");
        }

        var device = wanted.Device is null ? null : UserId.ReadDevice(wanted.Device);
        if (device is null && wanted.Device is not null)
        {
            return Problem.InvalidMember("device", $"must have {UserId.DeviceRule}");
        }

        if (wanted.Line is not null && !SessionLine.IsValid(wanted.Line))
        {
            return Problem.InvalidMember("line", $"must have {SessionLine.Rule}");
        }

        if (FirstBroken(wanted) is { } problem)
        {
            return problem;
        }

        wanted = wanted with { Region = wanted.Region ?? regions.Of(request) };
        if (wanted.Predecessor is { } old)
        {
            return await TakeOverAsync(request, wanted with { UserId = claimed, Device = device }, old);
        }

        var proven = await proof.FindAsync(request, claimed);
        if (proven is ProvenUser.Refused refused)
        {
            return refused.Problem;
        }

        var user = (ProvenUser.Known)proven;

        // An original page logs in with its user id, which then must not be the name of a broker's own user.
        var isOriginal = isForm && originalClient.Enabled && !user.ByApplication;
        if (isOriginal && user.UserId is not null && !originalClient.MayLogIn(user.UserId))
        {
            return Problem.Of(
                StatusCodes.Status400BadRequest,
                "invalid-user-id",
                $"'userId' must have {UserId.PlainRule}, and not be a broker's own user."
            );
        }

        return await OpenAsync(
            user,
            wanted with
            {
                Device = device,
            },
            isOriginal,
            Networks.ClientOf(request.HttpContext)
        );
    }

    // The old session's credential proves who its client is.
    private async Task<IResult> TakeOverAsync(HttpRequest request, ConnectRequest wanted, PredecessorCredential old)
    {
        if (
            old
            is not { ListeningKey: { } key, Passcode: { Length: <= PredecessorCredential.LongestPasscode } passcode }
        )
        {
            return Problem.InvalidMember("predecessor", "must have a 'listeningKey' and a 'passcode'");
        }

        if (
            await store.FindPredecessorAsync(new(key, PasscodeHash.Of(passcode)), options.Value.ResumeWithin)
            is not { } predecessor
        )
        {
            // Whoever wakes up after a long time guesses nothing.
            if (await directory.FindAsync(key) is not null)
            {
                strange.RecordBruteForce(request.HttpContext, "wrong credential of a predecessor at /connect", key);
            }

            return Problem.Of(
                StatusCodes.Status401Unauthorized,
                "predecessor-unknown",
                "The session to take over from has ended, or its credential is wrong. Connect without it."
            );
        }

        // What goes to a lost socket, or to a node that can't be reached, is lost: such a session is succeeded at once.
        if (predecessor.IsThere && !(old.Listens && nodes.TryGet(predecessor.Node!, out var own) && own.IsReached))
        {
            predecessor = predecessor with { IsThere = false };
        }

        if (wanted.UserId is not null && wanted.UserId != predecessor.UserId)
        {
            return Problem.InvalidMember("userId", "must be the predecessor's, or be left out");
        }

        if (wanted.Device is not null && wanted.Device != predecessor.Device)
        {
            return Problem.InvalidMember("device", "must be the predecessor's, or be left out");
        }

        return await OpenAsync(
            new(predecessor.UserId, predecessor.ByApplication),
            wanted with
            {
                Device = predecessor.Device,
            },
            isOriginal: false,
            Networks.ClientOf(request.HttpContext),
            predecessor
        );
    }

    private async Task<IResult> OpenAsync(
        ProvenUser.Known user,
        ConnectRequest wanted,
        bool isOriginal,
        IPAddress address,
        Predecessor? predecessor = null
    )
    {
        if (placing.Find(wanted, predecessor, out var retry) is not { } place)
        {
            return Problem.Of(
                StatusCodes.Status503ServiceUnavailable,
                "no-node-available",
                "No node takes new sessions at the moment.",
                retry
            );
        }

        var node = place.Node;
        var settings = options.Value;
        var key = ListeningKey.Create();
        var passcode = isOriginal ? key : Passcode.Create();
        var session = new NewSession(
            key,
            PasscodeHash.Of(passcode).ToArray(),
            user.UserId ?? UserId.CreateAnonymous(),
            wanted.Device,
            node.Name,
            address,
            isOriginal,
            user.ByApplication,
            wanted.Line is null ? null : PasscodeHash.Of(wanted.Line).ToArray(),
            // Without a line it can't have lost anything to itself.
            wanted.Resumes && wanted.Line is not null,
            Predecessor: predecessor
        );
        var opening = await opener.OpenAsync(session);
        if (opening is not Opening.Opened)
        {
            placing.Refused(place);
        }

        switch (opening)
        {
            case Opening.Opened opened:
                placing.Opened(place);
                foreach (var replaced in opened.Replaced)
                {
                    closer.Replace(replaced);
                }

                // An original page's key is its secret, and a TURN user name is none.
                var ice = isOriginal ? new([]) : iceServers.For(key);
                return TypedResults.Ok(
                    new ConnectAnswer(
                        session.UserId,
                        session.Device,
                        node.ListeningAddress,
                        isOriginal ? [] : [.. ListeningOffer.Of(node, key)],
                        key,
                        passcode,
                        Ack: false,
                        opened.AckBy,
                        (long)settings.AckWithin.TotalMilliseconds,
                        ice.IceServers,
                        ice.IceServersExpireAt,
                        ice.IceServersTimeToLive,
                        predecessor?.KnownAs ?? key,
                        node.Region
                    )
                );
            case Opening.UserFull when settings.PerUser == SessionsPerUser.Replace:
                return Problem.Of(
                    StatusCodes.Status409Conflict,
                    "session-replaced",
                    $"Another client of {session.UserId} has taken the place of this one."
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
            case Opening.TooManyNew(var wait):
                return Problem.Of(
                    StatusCodes.Status429TooManyRequests,
                    "too-many-new-users-of-address",
                    "This address has used up its new users and devices of the day; known ones may still connect.",
                    wait
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

    private static Problem? FirstBroken(ConnectRequest wanted) =>
        wanted.Region is not null && !NodeRules.IsName(wanted.Region)
            ? Problem.InvalidMember("region", $"must have {NodeRules.NameRule}")
        : wanted.Labels is { } labels
        && (labels.Count > ConnectRequest.MostLabels || !labels.All(label => NodeRules.IsName(label ?? "")))
            ? Problem.InvalidMember(
                "labels",
                $"must be at most {ConnectRequest.MostLabels}, each of {NodeRules.NameRule}"
            )
        : wanted.Near is { Length: 0 or > ConnectRequest.LongestNear }
            ? Problem.InvalidMember("near", $"must have 1 to {ConnectRequest.LongestNear} characters")
        : null;

    private static async Task<ConnectRequest> ReadFormAsync(HttpRequest request)
    {
        var form = new FormFields(
            await RequestBody.ReadFormAsync(request),
            "userId",
            "device",
            "line",
            "resumes",
            "region",
            "near"
        );
        return new(Given("userId"), Given("device"), Given("line"), Given("resumes") == "true")
        {
            Region = Given("region"),
            Near = Given("near"),
        };

        // An empty field is what a page sends when nothing was typed.
        string? Given(string name) => form[name] is { Length: > 0 } value ? value : null;
    }

    private static async Task<ConnectRequest> ReadJsonAsync(HttpRequest request)
    {
        using var body = await RequestBody.ReadAsync(request);
        return JsonBody.Parse(body.Written.Span, ConnectJson.Default.ConnectRequest);
    }
}
