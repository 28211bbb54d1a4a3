using System.ComponentModel;

namespace SignalBroker.Push;

/// <summary>What <c>PUT /push/subscriptions</c> takes: a browser's <c>PushSubscription</c> as JSON.</summary>
/// <param name="Endpoint">Where its push service takes pushes.</param>
/// <param name="Keys">What only the browser can decrypt.</param>
/// <param name="ExpirationTime">When it ends, in milliseconds since 1970; left out, or null, if it does not.</param>
/// <param name="Content">Whether a push is to carry the newest signal's envelope.</param>
internal sealed record SubscriptionRequest(
    string? Endpoint = null,
    SubscriptionKeys? Keys = null,
    // Browsers send null.
    [property: DefaultValue(null)] double? ExpirationTime = null,
    bool Content = false
);

/// <summary>The keys of a browser's subscription.</summary>
/// <param name="P256dh">Its public key: base64url of an uncompressed point on P-256.</param>
/// <param name="Auth">Its secret: base64url of 16 bytes.</param>
internal sealed record SubscriptionKeys(string? P256dh, string? Auth);

/// <summary>What <c>DELETE /push/subscriptions</c> takes.</summary>
/// <param name="Endpoint">The subscription's endpoint.</param>
internal sealed record UnsubscriptionRequest(string? Endpoint = null);

/// <summary>What <c>GET /push/key</c> answers.</summary>
/// <param name="PublicKey">What a browser takes as <c>applicationServerKey</c>.</param>
internal sealed record PushKeyAnswer(string PublicKey);

/// <summary>What <c>GET /push/subscriptions</c> answers.</summary>
/// <param name="Subscriptions">The user's subscriptions, the oldest first.</param>
internal sealed record PushSubscriptionsAnswer(IReadOnlyList<SubscriptionAnswer> Subscriptions);

/// <summary>One of a user's subscriptions.</summary>
/// <param name="Endpoint">Where its push service takes pushes.</param>
/// <param name="Content">Whether a push carries the newest signal's envelope.</param>
/// <param name="RegisteredAt">When it was last registered.</param>
internal sealed record SubscriptionAnswer(string Endpoint, bool Content, DateTime RegisteredAt);
