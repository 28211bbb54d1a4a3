using System.Text.Json.Serialization;
using SignalBroker.Exchange;

namespace SignalBroker.Signals;

/// <summary>The JSON bodies about the content of signals that come as forms.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(string))]
internal sealed partial class SignalsJson : JsonSerializerContext;
