using System.Text.Json.Serialization;

namespace SignalBroker.Inbox;

/// <summary>The JSON bodies about the inbox.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(InboxAnswerSchema))]
[JsonSerializable(typeof(SettleRequestSchema))]
[JsonSerializable(typeof(SettleAnswer))]
internal sealed partial class InboxJson : JsonSerializerContext;
