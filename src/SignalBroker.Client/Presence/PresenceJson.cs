using System.Text.Json.Serialization;

namespace SignalBroker.Client;

/// <summary>What the server and this library say to each other about presence as JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(PresenceAnswer))]
[JsonSerializable(typeof(UsersRequest))]
[JsonSerializable(typeof(UsersAnswer))]
internal sealed partial class PresenceJson : JsonSerializerContext;
