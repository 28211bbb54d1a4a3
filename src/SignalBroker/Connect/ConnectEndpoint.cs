using System.Globalization;
using System.Net;
using SignalBroker.Compatibility;
using SignalBroker.Nodes;
using SignalBroker.Sessions;
using SignalBroker.StrangeBehaviors;
using SignalBroker.Turn;
using SignalBroker.Users;

namespace SignalBroker.Connect;

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
    SessionsMetrics sessions,
    ConnectMetrics metrics,
    LimitMetrics limits,
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
        try
        {
            var answer = await ConnectAsync(request);
            metrics.Answered(answer is Problem problem ? problem.Code : "opened");
            return answer;
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            metrics.Answered(Problem.OfFailure(failure).Code);
            throw;
        }
    }

    private async Task<IResult> ConnectAsync(HttpRequest request)
    {
        var wanted = await ConnectRequest.ReadAsync(request);
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

        if (wanted.FirstBroken() is { } problem)
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
        var isOriginal = RequestBody.IsForm(request) && originalClient.Enabled && !user.ByApplication;
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
        using var place = placing.Find(wanted, predecessor, out var retry);
        if (place is null)
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
        switch (opening)
        {
            case Opening.Opened opened:
                placing.Opened(place);
                if (predecessor is { IsThere: true, Node: { } left })
                {
                    sessions.Succeeded(left);
                }

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
            case Opening.UserBlocked(var until):
                return Problem.Of(
                    StatusCodes.Status403Forbidden,
                    "user-blocked",
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{session.UserId} may not connect until {until:yyyy-MM-dd'T'HH:mm:ss'Z'}."
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
                limits.Refused($"{SessionsOptions.Section}:{nameof(SessionsOptions.MaxPerUser)}");
                return Problem.Of(
                    StatusCodes.Status409Conflict,
                    "too-many-sessions-of-user",
                    $"{session.UserId} has {settings.MaxPerUser} sessions, and may not have more."
                );
            case Opening.TooManyNew(var wait):
                limits.Refused($"{UsersOptions.Section}:{nameof(UsersOptions.NewPerDayOfAddress)}");
                return Problem.Of(
                    StatusCodes.Status429TooManyRequests,
                    "too-many-new-users-of-address",
                    "This address has used up its new users and devices of the day; known ones may still connect.",
                    wait
                );
            default:
                limits.Refused($"{SessionsOptions.Section}:{nameof(SessionsOptions.MaxPerAddress)}");
                return Problem.Of(
                    StatusCodes.Status429TooManyRequests,
                    "too-many-sessions-of-address",
                    $"{settings.MaxPerAddress} sessions have been opened from this address, and it may not have more.",
                    CapRetry
                );
        }
    }
}
