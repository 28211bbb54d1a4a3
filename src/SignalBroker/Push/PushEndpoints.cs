using System.Net;
using SignalBroker.Sessions;
using SignalBroker.Users;

namespace SignalBroker.Push;

/// <summary><c>/push</c>: browsers subscribe for their users, and unsubscribe.</summary>
internal sealed class PushEndpoints(
    PushOffer offer,
    SubscriptionStore store,
    SessionProof proof,
    LimitMetrics limits,
    IOptions<PushOptions> options,
    TimeProvider clock
)
{
    // JavaScript's largest date.
    private const double LatestTime = 8_640_000_000_000_000;

    private readonly DailyBudget<IPAddress> newOnes = new(options.Value.SubscriptionsPerDayOfAddress, clock);

    private static readonly Problem Off = Problem.Of(
        StatusCodes.Status404NotFound,
        "push-off",
        "This server does not push: it has no key for it."
    );

    /// <summary>Tells the key that browsers subscribe to pushes with.</summary>
    /// <remarks>It is what <c>pushManager.subscribe</c> takes as <c>applicationServerKey</c>.</remarks>
    public IResult ShowKey() => offer.PublicKey is { } key ? TypedResults.Ok(new PushKeyAnswer(key)) : Off;

    /// <summary>Registers a browser's subscription to pushes for the user, or updates it.</summary>
    /// <remarks>
    /// Takes what <c>PushSubscription.toJSON()</c> gives. The subscription is the user's, and outlives the session.
    /// </remarks>
    public async Task<IResult> PutAsync(HttpRequest request)
    {
        var session = await proof.RequireAsync(request, "/push");
        var wanted = await JsonBody.ReadAsync(request, PushJson.Default.SubscriptionRequest);
        if (!offer.IsOn)
        {
            return Off;
        }

        if (!Endpoint.TryRead(wanted.Endpoint, options.Value, out var endpoint))
        {
            return Problem.InvalidMember("endpoint", Endpoint.Rule);
        }

        if (!StrictBase64Url.TryDecode(wanted.Keys?.P256dh, out var publicKey) || !P256.IsPoint(publicKey))
        {
            return Problem.InvalidMember("keys.p256dh", "must be a point on P-256, uncompressed, in base64url");
        }

        if (
            !StrictBase64Url.TryDecode(wanted.Keys?.Auth, out var secret)
            || secret.Length != SubscriberKeys.SecretBytes
        )
        {
            return Problem.InvalidMember("keys.auth", $"must be {SubscriberKeys.SecretBytes} bytes in base64url");
        }

        if (wanted.ExpirationTime is { } time && time is not (> 0 and <= LatestTime))
        {
            return Problem.InvalidMember("expirationTime", "must be a time in milliseconds since 1970");
        }

        // Browsers register the same one again and again; only new ones count.
        using var newOne = session.Address is { } address ? newOnes.Reserve(address) : null;
        var registering = await store.PutAsync(
            session,
            endpoint,
            new(publicKey, secret),
            wanted.Content,
            wanted.ExpirationTime is { } expires ? DateTime.UnixEpoch.AddMilliseconds(expires) : null,
            options.Value.MaxPerUser,
            mayBeNew: newOne?.Wait is null
        );
        if (registering == Registering.New)
        {
            newOne?.Keep();
        }

        if (registering == Registering.OneTooMany)
        {
            limits.Refused($"{PushOptions.Section}:{nameof(PushOptions.SubscriptionsPerDayOfAddress)}");
        }

        return registering switch
        {
            Registering.Taken => Problem.Of(
                StatusCodes.Status409Conflict,
                "endpoint-taken",
                "Another user has registered this endpoint, with other keys."
            ),
            Registering.OneTooMany => Problem.Of(
                StatusCodes.Status429TooManyRequests,
                "too-many-subscriptions-of-address",
                "This address has used up its new subscriptions of the day; known ones may still be renewed.",
                newOne?.Wait
            ),
            _ => TypedResults.NoContent(),
        };
    }

    /// <summary>Removes one of the user's subscriptions to pushes.</summary>
    /// <remarks>Answers 204 also when there is none.</remarks>
    public async Task<IResult> DeleteAsync(HttpRequest request)
    {
        var session = await proof.RequireAsync(request, "/push");
        var unwanted = await JsonBody.ReadAsync(request, PushJson.Default.UnsubscriptionRequest);
        if (!Uri.TryCreate(unwanted.Endpoint, UriKind.Absolute, out var endpoint))
        {
            return Problem.InvalidMember("endpoint", "must be the address of the subscription");
        }

        // The same answer whether there is one or not, in case the first answer was lost.
        await store.DeleteAsync(session.UserId, endpoint.AbsoluteUri);
        return TypedResults.NoContent();
    }

    /// <summary>Lists the user's subscriptions to pushes.</summary>
    /// <remarks>The oldest first, those of all the user's browsers.</remarks>
    public async Task<IResult> ListAsync(HttpRequest request)
    {
        var session = await proof.RequireAsync(request, "/push");
        return TypedResults.Ok(new PushSubscriptionsAnswer(await store.ListAsync(session.UserId)));
    }
}
