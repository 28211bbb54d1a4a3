using System.Text.Json.Serialization;

namespace SignalBroker.Rooms;

/// <summary>The JSON bodies about rooms.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(CreateRoomRequest))]
[JsonSerializable(typeof(JoinRoomRequest))]
[JsonSerializable(typeof(RoomAnswer))]
[JsonSerializable(typeof(IReadOnlyList<RoomAnswer>))]
[JsonSerializable(typeof(MembersAnswer))]
[JsonSerializable(typeof(RoomReached))]
internal sealed partial class RoomsJson : JsonSerializerContext;
