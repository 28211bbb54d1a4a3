using System.Text.Json.Serialization;

namespace SignalBroker.Presence;

/// <summary>The JSON bodies about presence.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(UsersAnswer))]
[JsonSerializable(typeof(PresenceReport))]
[JsonSerializable(typeof(PresenceAnswerSchema))]
[JsonSerializable(typeof(PresenceRequest))]
[JsonSerializable(typeof(SubscriptionsAnswer))]
internal sealed partial class PresenceJson : JsonSerializerContext;
