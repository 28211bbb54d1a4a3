using System.Globalization;
using Microsoft.Extensions.Options;
using SignalBroker.Http;
using SignalBroker.Sessions;
using SignalBroker.StrangeBehaviors;
using SignalBroker.Users;

namespace SignalBroker.Presence;

/// <summary>What <c>GET /users</c> answers.</summary>
/// <param name="Users">Users, in the order of the bytes of their ids.</param>
/// <param name="Next">What to give as <c>after</c> for more of them; null when these are the last.</param>
public sealed record UsersAnswer(IReadOnlyList<KnownUser> Users, string? Next);

/// <summary>What <c>PUT /presence/subscriptions</c> takes.</summary>
/// <param name="Users">The users whose presence the session wants to hear of, and no others.</param>
public sealed record SubscribeRequest(IReadOnlyList<string>? Users = null)
{
    /// <summary>An empty request.</summary>
    public SubscribeRequest()
        : this(Users: null) { }
}

/// <summary>What <c>GET /presence/subscriptions</c> answers.</summary>
/// <param name="Users">The users whose presence the session hears of.</param>
public sealed record SubscriptionsAnswer(IReadOnlyList<string> Users);

/// <summary>Several users' presence, for the API's description; <see cref="PresenceReport"/> writes it.</summary>
/// <param name="Presence">In the order in which they were asked for.</param>
public sealed record PresenceAnswerSchema(IReadOnlyList<PresenceReport> Presence);

/// <summary><c>/users</c> and <c>/presence</c>: who has been seen, and who listens.</summary>
public sealed class PresenceEndpoints(
    UserStore users,
    PresenceStore store,
    Visibility visibility,
    SessionProof proof,
    SubscriptionStore subscriptions,
    ServiceKeys serviceKeys,
    StrangeBehaviorLog strange,
    IOptions<PresenceOptions> options,
    TimeProvider clock
)
{
    /// <summary>How many users are asked for or listed at a time.</summary>
    public const int Most = 100;

    private const int UsualAnswer = 1024;

    private readonly TokenBuckets<string> subscribes = new(
        options.Value.SubscribesPerSecondOfSession,
        2 * options.Value.SubscribesPerSecondOfSession,
        clock
    );

    /// <summary>Lists the users ever seen.</summary>
    public async Task<IResult> ListUsersAsync(HttpRequest request, string? after, string? limit)
    {
        var viewer = await AuthenticateAsync(request, "/users");
        if (after is { Length: > 0 } && !UserId.IsValid(after))
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

        var found = await users.ListAsync(visibility.VisibleTo(viewer), viewer, after ?? "", most + 1);
        var hasMore = found.Count > most;
        return TypedResults.Ok(
            new UsersAnswer(hasMore ? [.. found.Take(most)] : found, hasMore ? found[most - 1].UserId : null)
        );
    }

    /// <summary>Shows several users' presence.</summary>
    public async Task<IResult> ShowAsync(HttpRequest request)
    {
        var viewer = await AuthenticateAsync(request, "/presence");
        string[] asked =
        [
            .. request
                .Query["users"]
                .SelectMany(list => (list ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries)),
        ];
        return AnswerMany(await store.ReadAsync(viewer, Check(asked, Most)));
    }

    /// <summary>Shows one user's presence.</summary>
    public async Task<IResult> ShowAsync(HttpRequest request, string user)
    {
        var viewer = await AuthenticateAsync(request, "/presence");
        var found = await store.ReadAsync(viewer, Check([user], Most));
        using var answer = PooledBuffer.Rent(UsualAnswer);
        var writer = answer.JsonWriter();
        found[0].Write(writer);
        writer.Flush();
        return Answer(answer);
    }

    /// <summary>Lists the session's subscriptions.</summary>
    public async Task<IResult> ShowSubscriptionsAsync(HttpRequest request)
    {
        var session = await AuthenticateSessionAsync(request, "/presence");
        return TypedResults.Ok(new SubscriptionsAnswer(await subscriptions.FindAsync(session.ListeningKey)));
    }

    /// <summary>Replaces the session's subscriptions.</summary>
    public async Task<IResult> SubscribeAsync(HttpRequest request)
    {
        var session = await AuthenticateSessionAsync(request, "/presence");
        if (subscribes.Take(session.ListeningKey) is { } wait)
        {
            return Problem.TooManyRequests(wait);
        }

        var wanted = await JsonBody.ReadAsync(request, HttpJson.Default.SubscribeRequest);
        if (wanted.Users is null || wanted.Users.Contains(null!))
        {
            return Problem.InvalidMember("users", "must be an array of user ids; an empty one ends all subscriptions");
        }

        string[] userIds = wanted.Users.Count == 0 ? [] : Check([.. wanted.Users], options.Value.MaxSubscriptions);
        return await subscriptions.ReplaceAsync(session, userIds) is { } reports
            ? AnswerMany(reports)
            : Problem.Unauthorized;
    }

    private static IResult AnswerMany(IReadOnlyList<PresenceReport> reports)
    {
        using var answer = PooledBuffer.Rent(UsualAnswer);
        var writer = answer.JsonWriter();
        writer.WriteStartObject();
        writer.WriteStartArray("presence"u8);
        foreach (var report in reports)
        {
            report.Write(writer);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.Flush();
        return Answer(answer);
    }

    private static IResult Answer(PooledBuffer answer) =>
        Results.Bytes(answer.Written.ToArray(), "application/json; charset=utf-8");

    private static string[] Check(string[] asked, int most)
    {
        string[] once = [.. asked.Distinct()];
        if (once.Length == 0 || once.Length > most)
        {
            throw new RefusedException(Problem.InvalidMember("users", $"must name 1 to {most} users"));
        }

        return Array.TrueForAll(once, user => UserId.IsValid(user))
            ? once
            : throw new RefusedException(Problem.InvalidUserId("users"));
    }

    // The user who asks; null for an application.
    private async ValueTask<string?> AuthenticateAsync(HttpRequest request, string path)
    {
        request.HttpContext.Response.Headers.CacheControl = "no-store";
        if (serviceKeys.Read(request) is { IsPresent: true } key)
        {
            if (key.Application is null)
            {
                strange.RecordBruteForce(request.HttpContext, $"wrong service key at {path}");
                throw new RefusedException(Problem.WrongServiceKey);
            }

            return null;
        }

        return (await AuthenticateSessionAsync(request, path)).UserId;
    }

    private async ValueTask<Session> AuthenticateSessionAsync(HttpRequest request, string path)
    {
        request.HttpContext.Response.Headers.CacheControl = "no-store";
        return await proof.FindAsync(request, path) is { OriginalClient: false } session
            ? session
            : throw new RefusedException(Problem.Unauthorized);
    }
}
