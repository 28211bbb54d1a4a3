using System.Globalization;
using System.Text.Json;
using SignalBroker.Sessions;
using SignalBroker.Users;
using SignalBroker.Visibility;

namespace SignalBroker.Presence;

/// <summary>What <c>GET /users</c> answers.</summary>
/// <param name="Users">Users, in the order of the bytes of their ids.</param>
/// <param name="Next">The next page's <c>after</c>; left out on the last page.</param>
internal sealed record UsersAnswer(IReadOnlyList<KnownUser> Users, string? Next);

/// <summary>What <c>POST /presence</c> and <c>PUT /presence/subscriptions</c> take.</summary>
/// <param name="Users">The users whose presence is wanted; a subscription is to these and no others.</param>
internal sealed record PresenceRequest(IReadOnlyList<string>? Users = null);

/// <summary>What <c>GET /presence/subscriptions</c> answers.</summary>
/// <param name="Users">The users whose presence the session is told of.</param>
internal sealed record SubscriptionsAnswer(IReadOnlyList<string> Users);

/// <summary>Several users' presence.</summary>
/// <remarks>For the API's description; <see cref="PresenceReport"/> writes it.</remarks>
/// <param name="Presence">In the order in which they were asked for.</param>
internal sealed record PresenceAnswerSchema(IReadOnlyList<PresenceReport> Presence);

/// <summary><c>/users</c> and <c>/presence</c>: who has been seen, and who listens.</summary>
internal sealed class PresenceEndpoints(
    UserStore users,
    PresenceStore store,
    VisibilityPolicy visibility,
    SessionProof proof,
    SubscriptionStore subscriptions,
    ServiceKeyProof applications,
    LimitMetrics limits,
    IOptions<PresenceOptions> options,
    TimeProvider clock
)
{
    /// <summary>How many users are shown or listed at a time.</summary>
    public const int Most = 100;

    private const int UsualAnswer = 1024;

    private readonly TokenBuckets<string> subscribes = new(options.Value.SubscribesPerSecondOfSession, clock);

    /// <summary>Lists the users ever seen.</summary>
    /// <remarks>Anonymous users are left out, and those whom the user may not see.</remarks>
    public async Task<IResult> ListUsersAsync(HttpRequest request, string? after, string? limit)
    {
        var viewer = await AuthenticateAsync(request, "/users");
        var from = after is { Length: > 0 } ? UserId.Read(after) : "";
        if (from is null)
        {
            return Problem.InvalidUserId("after");
        }

        var most = Most;
        if (
            limit is not null
            && (
                !int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out most) || most is < 1 or > Most
            )
        )
        {
            return Problem.InvalidMember("limit", $"must be a whole number from 1 to {Most}");
        }

        var found = await users.ListAsync(visibility.VisibleTo(viewer), viewer, from, most + 1);
        var hasMore = found.Count > most;
        return TypedResults.Ok(
            new UsersAnswer(hasMore ? [.. found.Take(most)] : found, hasMore ? found[most - 1].UserId : null)
        );
    }

    /// <summary>Shows which users listen.</summary>
    /// <remarks>
    /// <c>users</c> is a list with commas, and may be repeated. For an id that no user can have, the state is
    /// <c>invalid</c>.
    /// </remarks>
    public async Task<IResult> ShowListedAsync(HttpRequest request)
    {
        var viewer = await AuthenticateAsync(request, "/presence");
        string[] asked =
        [
            .. request
                .Query["users"]
                .SelectMany(list => (list ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries)),
        ];
        return await ShowAsync(viewer, asked);
    }

    /// <summary>Shows which users listen, whatever characters their ids have.</summary>
    /// <remarks>Answers as <c>GET /presence</c> does, and changes nothing. There is room for 100 ids.</remarks>
    public async Task<IResult> ShowPostedAsync(HttpRequest request)
    {
        var viewer = await AuthenticateAsync(request, "/presence");
        var wanted = await JsonBody.ReadAsync(request, PresenceJson.Default.PresenceRequest);
        return await ShowAsync(viewer, wanted.Users ?? []);
    }

    /// <summary>Shows whether a user listens.</summary>
    /// <param name="user">The user, decoded but for its slashes.</param>
    /// <remarks>
    /// For ids that can stand in a path: not <c>.</c>, <c>..</c> or <c>subscriptions</c>, which <c>POST /presence</c>
    /// takes as well.
    /// </remarks>
    public async Task<IResult> ShowOneAsync(HttpRequest request, string user)
    {
        var viewer = await AuthenticateAsync(request, "/presence");
        if (UserId.Read(user.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase)) is not { } userId)
        {
            return Problem.InvalidUserId("users");
        }

        var found = await store.ReadAsync(viewer, [userId]);
        return Answer(found[0].Write);
    }

    /// <summary>Lists the users whose presence the session subscribes to.</summary>
    /// <remarks>Subscriptions are the session's, and end with it.</remarks>
    public async Task<IResult> ShowSubscriptionsAsync(HttpRequest request)
    {
        var session = await proof.RequireAsync(request, "/presence");
        return TypedResults.Ok(new SubscriptionsAnswer(await subscriptions.FindAsync(session.ListeningKey)));
    }

    /// <summary>Subscribes the session to these users' presence, and to no others'.</summary>
    /// <remarks>
    /// Answers what they are now; changes arrive as signals of the type <c>presence</c>. For an id that no user can
    /// have, the state is <c>invalid</c>, and it is not subscribed to.
    /// </remarks>
    public async Task<IResult> SubscribeAsync(HttpRequest request)
    {
        var session = await proof.RequireAsync(request, "/presence");
        if (subscribes.Take(session.ListeningKey) is { } wait)
        {
            limits.Refused($"{PresenceOptions.Section}:{nameof(PresenceOptions.SubscribesPerSecondOfSession)}");
            return Problem.TooManyRequests(wait);
        }

        var wanted = await JsonBody.ReadAsync(request, PresenceJson.Default.PresenceRequest);
        if (wanted.Users is null)
        {
            return Problem.InvalidMember("users", "must be an array of user ids; an empty one ends all subscriptions");
        }

        var asked = wanted.Users.Count == 0 ? [] : Check(wanted.Users, options.Value.MaxSubscriptions);
        return await subscriptions.ReplaceAsync(session, OnlyValid(asked)) is { } reports
            ? AnswerMany(asked, reports)
            : Problem.Unauthorized;
    }

    private async Task<IResult> ShowAsync(string? viewer, IReadOnlyList<string> wanted)
    {
        var asked = Check(wanted, Most);
        return AnswerMany(asked, await store.ReadAsync(viewer, OnlyValid(asked)));
    }

    // Nobody can have an invalid id, and it must not keep the others from being shown.
    private static string[] OnlyValid(string[] asked) => Array.FindAll(asked, user => UserId.Read(user) is not null);

    private IResult AnswerMany(string[] asked, IReadOnlyList<PresenceReport> reports)
    {
        var found = reports.ToDictionary(report => report.UserId);
        return Answer(writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartArray("presence"u8);
            foreach (var user in asked)
            {
                (found.GetValueOrDefault(user) ?? PresenceReport.OfNobody(user, clock.GetUtcNow())).Write(writer);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        });
    }

    private static IResult Answer(Action<Utf8JsonWriter> write)
    {
        using var answer = PooledBuffer.Rent(UsualAnswer);
        var writer = answer.JsonWriter();
        write(writer);
        writer.Flush();
        return Results.Bytes(answer.Written.ToArray(), "application/json; charset=utf-8");
    }

    private static string[] Check(IReadOnlyList<string> asked, int most)
    {
        // In the form in which ids are stored; invalid ones as they are.
        string[] once = [.. asked.Select(user => user is null ? null! : UserId.Read(user) ?? user).Distinct()];
        return once.Length > 0 && once.Length <= most && !once.Contains(null)
            ? once
            : throw new RefusedException(Problem.InvalidMember("users", $"must name 1 to {most} users"));
    }

    // The user who asks; null for an application.
    private async ValueTask<string?> AuthenticateAsync(HttpRequest request, string path)
    {
        request.HttpContext.Response.Headers.CacheControl = "no-store";
        return applications.FindApplication(request, path) is null
            ? (await proof.RequireAsync(request, path)).UserId
            : null;
    }
}
