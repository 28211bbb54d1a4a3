using System.Text.Json.Serialization;

namespace SignalBroker.Http;

/// <summary>The JSON bodies about what went wrong.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(ProblemSchema))]
internal sealed partial class HttpJson : JsonSerializerContext;
