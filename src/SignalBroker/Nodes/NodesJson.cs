using System.Text.Json.Serialization;

namespace SignalBroker.Nodes;

/// <summary>The JSON bodies about the nodes.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(IEnumerable<NodeReport>))]
internal sealed partial class NodesJson : JsonSerializerContext;
