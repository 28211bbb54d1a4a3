using System.Text.Json.Serialization;
using SignalBroker.Client.Http;

namespace SignalBroker.Client;

[JsonSourceGenerationOptions(
    Converters = [typeof(Word<PresenceState>)],
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(PresenceAnswer))]
[JsonSerializable(typeof(UsersRequest))]
[JsonSerializable(typeof(UsersAnswer))]
internal sealed partial class PresenceJson : JsonSerializerContext;
