using System.Text.Json.Serialization;

namespace SignalBroker.Fleet;

/// <summary>The JSON bodies about the nodes.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(IEnumerable<NodeReport>))]
[JsonSerializable(typeof(NodeDefinition))]
[JsonSerializable(typeof(NodeChange))]
[JsonSerializable(typeof(IEnumerable<NodeSurplus>))]
[JsonSerializable(typeof(IReadOnlyList<NodeCheck>))]
internal sealed partial class FleetJson : JsonSerializerContext;
