using System.Text.Json.Serialization;

namespace SignalBroker.Push;

/// <summary>The JSON bodies about Web Push.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(PushKeyAnswer))]
[JsonSerializable(typeof(SubscriptionRequest))]
[JsonSerializable(typeof(UnsubscriptionRequest))]
[JsonSerializable(typeof(PushSubscriptionsAnswer))]
internal sealed partial class PushJson : JsonSerializerContext;
