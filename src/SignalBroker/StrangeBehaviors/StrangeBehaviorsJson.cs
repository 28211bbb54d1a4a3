using System.Text.Json.Serialization;

namespace SignalBroker.StrangeBehaviors;

/// <summary>The JSON bodies about strange behavior.</summary>
[JsonSerializable(typeof(IEnumerable<StrangeBehavior>))]
internal sealed partial class StrangeBehaviorsJson : JsonSerializerContext;
