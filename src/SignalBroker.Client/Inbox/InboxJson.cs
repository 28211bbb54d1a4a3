using System.Text.Json.Serialization;

namespace SignalBroker.Client;

/// <summary>The JSON about the inbox.</summary>
/// <remarks>A page of the inbox holds contents that are nested as deep as the server takes them, and is deeper itself.</remarks>
[JsonSourceGenerationOptions(
    MaxDepth = 128,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(SettleRequest))]
[JsonSerializable(typeof(SettleBySocketRequest))]
[JsonSerializable(typeof(InboxAnswer))]
[JsonSerializable(typeof(ToldReceipt))]
internal sealed partial class InboxJson : JsonSerializerContext;
