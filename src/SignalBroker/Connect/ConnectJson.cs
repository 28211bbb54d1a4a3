using System.Text.Json.Serialization;

namespace SignalBroker.Connect;

/// <summary>The JSON bodies about connecting.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(ConnectRequest))]
[JsonSerializable(typeof(ConnectAnswer))]
[JsonSerializable(typeof(RegionsAnswer))]
internal sealed partial class ConnectJson : JsonSerializerContext;
