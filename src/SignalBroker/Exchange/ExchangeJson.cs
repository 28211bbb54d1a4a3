using System.Text.Json.Serialization;

namespace SignalBroker.Exchange;

/// <summary>The JSON bodies about exchanging signals.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(ExchangeRequestSchema))]
[JsonSerializable(typeof(ExchangeAnswerSchema))]
internal sealed partial class ExchangeJson : JsonSerializerContext;
