using System.Net;
using System.Net.Sockets;
using SignalBroker.Users;

namespace SignalBroker.Moderation;

/// <summary><c>/sessions/end</c>, <c>/blocks</c> and <c>/admin/audit</c>: who is put out, and kept out.</summary>
internal sealed class ModerationEndpoints(
    Moderator moderator,
    ModerationStore store,
    ServiceKeyProof applications,
    TimeProvider clock
)
{
    /// <summary>How many blocks or records are listed at a time.</summary>
    public const int Most = 1000;

    private const int UsualPage = 100;
    private const int LongestReason = 200;
    private const int ClientPrefix = 64;

    private static readonly Problem NotBlocked = Problem.Of(
        StatusCodes.Status404NotFound,
        "not-blocked",
        "The user is not blocked."
    );

    /// <summary>Ends sessions: one, or all of a user, an address or a node.</summary>
    /// <remarks>
    /// Their credentials are good for nothing at once, and their sockets and streams are closed within 2 s. The project's
    /// clients end as <c>closed</c> with <c>session-ended</c>, and don't come back by themselves.
    /// </remarks>
    public async Task<IResult> EndAsync(HttpRequest request)
    {
        var by = Authenticate(request);
        var wanted = await JsonBody.ReadAsync(request, ModerationJson.Default.EndRequest);
        (TargetKind Kind, string? Value)[] targets =
        [
            (TargetKind.Session, wanted.ListeningKey),
            (TargetKind.User, wanted.UserId),
            (TargetKind.Address, wanted.Address),
            (TargetKind.Node, wanted.Node),
        ];
        if (Array.FindAll(targets, each => each.Value is not null) is not [var (kind, value)])
        {
            return Problem.Of(
                StatusCodes.Status400BadRequest,
                "target-invalid",
                "The body must have exactly one of 'listeningKey', 'userId', 'address' and 'node'."
            );
        }

        var target = kind switch
        {
            TargetKind.User => UserId.Read(value!),
            TargetKind.Address => ReadNetwork(value!),
            _ => value,
        };
        if (target is null)
        {
            return kind is TargetKind.User
                ? Problem.InvalidUserId("userId")
                : Problem.InvalidMember("address", "must be an IP address, or a network like 192.0.2.0/24");
        }

        return IsTooLong(wanted.Reason)
            ? ReasonTooLong
            : TypedResults.Ok(
                new EndAnswer(
                    await moderator.EndAsync(new(ActKind.End, by, AddressOf(request), kind, target, wanted.Reason))
                )
            );
    }

    /// <summary>Blocks a user until a time, and ends its sessions.</summary>
    /// <remarks>
    /// Until then <c>/connect</c> answers 403 <c>user-blocked</c>, whoever asks. A block of the same user before is replaced.
    /// </remarks>
    public async Task<IResult> BlockAsync(HttpRequest request)
    {
        var by = Authenticate(request);
        var wanted = await JsonBody.ReadAsync(request, ModerationJson.Default.BlockRequest);
        if (wanted.UserId is null || UserId.Read(wanted.UserId) is not { } user)
        {
            return Problem.InvalidUserId("userId");
        }

        if (wanted.Until is not { } until || until <= clock.GetUtcNow())
        {
            return Problem.InvalidMember("until", "must be a time to come, such as 2030-12-31T00:00:00Z");
        }

        if (IsTooLong(wanted.Reason))
        {
            return ReasonTooLong;
        }

        var act = new Act(
            ActKind.Block,
            by,
            AddressOf(request),
            TargetKind.User,
            user,
            wanted.Reason,
            until.UtcDateTime
        );
        return TypedResults.Ok(new BlockAnswer(user, until.UtcDateTime, await moderator.BlockAsync(act)));
    }

    /// <summary>Lets a user connect again.</summary>
    /// <remarks>Answers 404 <c>not-blocked</c> if it may already.</remarks>
    public async Task<IResult> UnblockAsync(HttpRequest request, string? userId)
    {
        var by = Authenticate(request);
        if (userId is null || UserId.Read(userId) is not { } user)
        {
            return Problem.InvalidUserId("userId");
        }

        var act = new Act(ActKind.Unblock, by, AddressOf(request), TargetKind.User, user, Reason: null);
        return await store.UnblockAsync(act) ? TypedResults.NoContent() : NotBlocked;
    }

    /// <summary>Ends a user's sessions, and erases what is kept about it.</summary>
    /// <remarks>
    /// That is: its inbox, what it has sent to others' inboxes and nobody has fetched, its memberships and empty rooms, its push
    /// subscriptions, when it was seen, and its name in the records of strange behavior and in the audit log. A block stays.
    /// </remarks>
    public async Task<IResult> EraseAsync(HttpRequest request, string? userId)
    {
        var by = Authenticate(request);
        if (userId is null || UserId.Read(userId) is not { } user)
        {
            return Problem.InvalidUserId("userId");
        }

        var act = new Act(ActKind.Erase, by, AddressOf(request), TargetKind.User, user, Reason: null);
        return TypedResults.Ok(new EraseAnswer(user, await moderator.EraseAsync(act)));
    }

    /// <summary>Lists the users who may not connect.</summary>
    /// <remarks>In the order of the bytes of their ids, a page at a time.</remarks>
    public async Task<IResult> ListBlocksAsync(HttpRequest request, string? after, int? limit)
    {
        Authenticate(request);
        var from = after is { Length: > 0 } ? UserId.Read(after) : "";
        if (from is null)
        {
            return Problem.InvalidUserId("after");
        }

        var most = Math.Clamp(limit ?? UsualPage, 1, Most);
        var found = await store.ListBlocksAsync(from, most + 1);
        return TypedResults.Ok(
            found.Count > most
                ? new BlocksAnswer([.. found.Take(most)], found[most - 1].UserId)
                : new BlocksAnswer(found, Next: null)
        );
    }

    /// <summary>Lists what operators and backends did, the newest first.</summary>
    /// <remarks>On the internal port only.</remarks>
    public async Task<IResult> ReadAuditAsync(long? before, int? limit) =>
        TypedResults.Ok(await store.ReadAuditAsync(before, Math.Clamp(limit ?? UsualPage, 1, Most)));

    private static Problem ReasonTooLong =>
        Problem.InvalidMember("reason", $"must have at most {LongestReason} characters");

    private static bool IsTooLong(string? reason) => reason?.EnumerateRunes().Count() > LongestReason;

    // An address as one has it in a log: sessions are counted under the network of an IPv6 client.
    private static string? ReadNetwork(string text)
    {
        if (IPAddress.TryParse(text, out var address))
        {
            address = Networks.Plain(address);
            return address.AddressFamily == AddressFamily.InterNetworkV6 && !IPAddress.IsLoopback(address)
                ? $"{address}/{ClientPrefix}"
                : address.ToString();
        }

        return IPNetwork.TryParse(text, out var network) ? network.ToString() : null;
    }

    private static IPAddress AddressOf(HttpRequest request) => Networks.ClientOf(request.HttpContext);

    private string Authenticate(HttpRequest request) =>
        InternalListener.Received(request.HttpContext)
            ? Act.Operator
            : applications.FindApplication(request, request.Path)
                ?? throw new RefusedException(Problem.ServiceKeyMissing);
}
