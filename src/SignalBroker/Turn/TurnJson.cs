using System.Text.Json.Serialization;

namespace SignalBroker.Turn;

/// <summary>The JSON bodies about ICE servers.</summary>
[JsonSerializable(typeof(IceServersAnswer))]
internal sealed partial class TurnJson : JsonSerializerContext;
